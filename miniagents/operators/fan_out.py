"""``fan_out``: the same source for several agents or operators at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from reactivex import Observable

from miniagents.messages import Message, MessagePromise, MessageSequencePromise
from miniagents.operators.chain import checked_stage
from miniagents.operators.stage import as_sequence

A = TypeVar("A", bound=Message)
B = TypeVar("B", bound=Message)


def fan_out(
    *stages: Callable[[Observable[MessagePromise[A]]], Observable[MessagePromise[B]]],
) -> Callable[[Observable[MessagePromise[A]]], MessageSequencePromise[B]]:
    """Send the source to all ``stages`` at once and emit their outputs in the order of the stages. ::

        source   --1--|
        first    ------1'--|
        second   ---1"-|
        fan_out  ------1'--1"|

    With agents, ``a & b`` says the same. The sequence ends with the first stage, in that order, that fails.

    :raises TypeError: when a stage is neither an agent nor an operator.

    >>> from miniagents import MiniAgents
    >>> from miniagents.operators import map_tokens
    >>> async def main() -> None:
    ...     both = fan_out(map_tokens(str.upper), map_tokens(str.title))
    ...     print([str(message) for message in await MessageSequencePromise("hi").pipe(both)])
    >>> MiniAgents().run(main())
    ['HI', 'Hi']
    """
    used = tuple(checked_stage(stage) for stage in stages)

    def to_all(source: Observable[Any]) -> MessageSequencePromise[Any]:
        sequence = as_sequence(source)
        return MessageSequencePromise([stage(sequence) for stage in used])

    return to_all
