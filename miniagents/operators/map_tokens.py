"""``map_tokens``: the same messages with other tokens."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextvars import copy_context
from functools import partial
from typing import Any

from typing_extensions import override

from miniagents.core.failure import Failure
from miniagents.core.replay import COMPLETED, Completed, Replay
from miniagents.core.scope import current_producer
from miniagents.messages import MessagePromise
from miniagents.messages.join import Forward
from miniagents.messages.promise import open_promise
from miniagents.operators.stage import Operator, follow, per_message, scope_of


def map_tokens(mapper: Callable[[str], str]) -> Operator:
    """Emit the same messages, of the same classes, with ``mapper(token)`` for each token, as it comes. ::

        source                 --"ab"-"c"--|
        map_tokens(str.upper)  --"AB"-"C"--|

    A message that was not streamed is one token. Where ``mapper`` raises, that message ends with the error.

    >>> from miniagents import MessageSequencePromise, MiniAgents
    >>> async def main() -> None:
    ...     print(str((await MessageSequencePromise("hi").pipe(map_tokens(str.upper)))[0]))
    >>> MiniAgents().run(main())
    HI
    """
    return partial(per_message, make=partial(_mapped, mapper))


def _mapped(mapper: Callable[[str], str], promise: MessagePromise[Any]) -> MessagePromise[Any]:
    target: MessagePromise[Any] = open_promise(promise._message_class, {}, scope_of(promise))
    target._preliminary = None
    target._metadata = promise._metadata_now()
    follow(promise, target, lambda: TokenMap(promise, target, mapper))
    return target


class TokenMap(Forward[MessagePromise[Any]]):
    """Pushes what ``mapper`` makes of each token of one message into another one, and at the end its other fields."""

    __slots__ = ("_mapper", "_message_promise", "_run")

    def __init__(self, promise: MessagePromise[Any], target: MessagePromise[Any], mapper: Callable[[str], str]) -> None:
        super().__init__(promise._cursor(), target)
        self._message_promise = promise
        self._mapper = mapper
        self._run = copy_context().run

    @override
    def take(self, pieces: Sequence[Any]) -> None:
        for piece in pieces:
            if (target := self.take_one(piece)) is not None:
                target._notify()
            if self._stopped:
                return

    @override
    def take_one(self, piece: Any) -> Replay[Any] | None:
        target = self._target
        if target._end is not None:  # cancelled
            self.stop()
            return None
        try:
            token = self._run(self._mapper, piece)
            if token.__class__ is not str and not isinstance(token, str):
                raise TypeError(f"map_tokens: {self._mapper!r} made {token!r} of {piece!r}; it has to be a str")
        except BaseException as error:  # noqa: BLE001 - it belongs to this message
            self.stop()
            target._fail(error, current_producer())
            return None
        target._pieces.append(token)
        return target if target._alert else None

    @override
    def finish(self, end: Completed | Failure) -> None:
        if end is COMPLETED:
            self._target._metadata = self._message_promise._metadata_now()
        super().finish(end)
