"""``loop``: round and round."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from reactivex import Observable

from miniagents.core.pump import produce
from miniagents.core.scope import current_producer
from miniagents.messages import Message, MessagePromise, MessageSequencePromise
from miniagents.messages.sequence import new_sequence
from miniagents.operators.chain import checked_stage
from miniagents.operators.sentinels import AWAIT
from miniagents.operators.stage import as_sequence

Until = Callable[[tuple[Message, ...]], bool]
"""Whether what came out of a round was the last of it."""


def loop(
    *stages: Callable[[Any], Any] | None, until: Until | None = None
) -> Callable[[Observable[MessagePromise[Any]]], MessageSequencePromise[Message]]:
    """Send the source through ``stages``, then what comes out through them again, and so on. ::

        source  --1|
        round   ----1'|
        round   ------1"|
        loop    --------1"|     (where until((1",)) holds)

    At least one stage has to be ``AWAIT``: it is what keeps the loop from running ahead of itself for ever. What came
    out of earlier rounds is let go of. The loop ends with the error of a round, or with the messages of the first round
    that ``until`` accepts; without ``until`` it goes on until it is cancelled.

    :param until: ``(messages of the round) -> bool``.
    :raises ValueError: when there is no ``AWAIT`` or nothing else.
    :raises TypeError: when a stage is neither an agent nor an operator.

    >>> from miniagents import MiniAgents
    >>> from miniagents.operators import map_messages
    >>> async def main() -> None:
    ...     def long_enough(messages: tuple[Message, ...]) -> bool:
    ...         return len(str(messages[0])) > 4
    ...     doubled = loop(map_messages(lambda message: f"{message}{message}"), AWAIT, until=long_enough)
    ...     print([str(message) for message in await MessageSequencePromise("ab").pipe(doubled)])
    >>> MiniAgents().run(main())
    ['abababab']
    """
    used = tuple(checked_stage(stage) for stage in stages if stage is not None)
    if AWAIT not in used:
        raise ValueError(
            f"loop{used!r}: put AWAIT between two stages (where a person's input comes in, say); without it the loop "
            "would make promises for ever without waiting for any of them"
        )
    if all(stage is AWAIT for stage in used):
        raise ValueError("loop: AWAIT alone does nothing; give at least one agent or operator")

    def repeated(source: Observable[Any]) -> MessageSequencePromise[Any]:
        parent = current_producer()
        scope = parent.scope
        target = new_sequence(scope, Message)
        produce(target, scope, parent, "loop", scope.start_asap, _run, as_sequence(source), used, until, target)
        return target

    return repeated


async def _run(
    passed: MessageSequencePromise[Any],
    stages: tuple[Callable[[Any], Any], ...],
    until: Until | None,
    target: MessageSequencePromise[Any],
) -> None:
    while True:
        for stage in stages:
            if stage is AWAIT:
                await passed
            else:
                passed = as_sequence(stage(passed))
        if until is not None and until(await passed):
            target._add(passed)
            return
