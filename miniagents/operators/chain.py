"""``chain``: one operator, or agent, after the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, overload

from reactivex import Observable

from miniagents.messages import Message, MessagePromise

A = TypeVar("A", bound=Message)
B = TypeVar("B", bound=Message)
C = TypeVar("C", bound=Message)
D = TypeVar("D", bound=Message)
R = TypeVar("R")


@overload
def chain(first: Callable[[Observable[MessagePromise[A]]], R], /) -> Callable[[Observable[MessagePromise[A]]], R]: ...
@overload
def chain(
    first: Callable[[Observable[MessagePromise[A]]], Observable[MessagePromise[B]]],
    second: Callable[[Observable[MessagePromise[B]]], R],
    /,
) -> Callable[[Observable[MessagePromise[A]]], R]: ...
@overload
def chain(
    first: Callable[[Observable[MessagePromise[A]]], Observable[MessagePromise[B]]],
    second: Callable[[Observable[MessagePromise[B]]], Observable[MessagePromise[C]]],
    third: Callable[[Observable[MessagePromise[C]]], R],
    /,
) -> Callable[[Observable[MessagePromise[A]]], R]: ...
@overload
def chain(
    first: Callable[[Observable[MessagePromise[A]]], Observable[MessagePromise[B]]],
    second: Callable[[Observable[MessagePromise[B]]], Observable[MessagePromise[C]]],
    third: Callable[[Observable[MessagePromise[C]]], Observable[MessagePromise[D]]],
    fourth: Callable[[Observable[MessagePromise[D]]], R],
    /,
) -> Callable[[Observable[MessagePromise[A]]], R]: ...
@overload
def chain(*stages: Callable[[Any], Any] | None) -> Callable[[Observable[Any]], Any]: ...
def chain(*stages: Callable[[Any], Any] | None) -> Callable[[Observable[Any]], Any]:
    """Send the source through ``stages``, the output of each being the input of the next; all of them run at once.

    A stage is an agent, an operator, ``AWAIT``, ``CLEAR``, or ``None``, which does nothing. With agents, ``a | b`` says
    the same. ::

        source         --1---2--|
        first          ---1'--2'--|
        chain          ----1"---2"--|

    An error of one stage is an error of the input of the next one, which may take it or pass it on.

    :raises TypeError: when a stage is nothing of this.

    >>> from miniagents import MessageSequencePromise, MiniAgents
    >>> from miniagents.operators import filter_messages, map_tokens
    >>> async def main() -> None:
    ...     shout = chain(filter_messages(lambda message: bool(message.content)), map_tokens(str.upper))
    ...     print([str(message) for message in await MessageSequencePromise(["", "hi"]).pipe(shout)])
    >>> MiniAgents().run(main())
    ['HI']
    """
    used = tuple(checked_stage(stage) for stage in stages if stage is not None)

    def through(source: Observable[Any]) -> Any:
        passed: Any = source
        for stage in used:
            passed = stage(passed)
        return passed

    return through


def checked_stage(stage: Any) -> Callable[[Any], Any]:
    """
    :raises TypeError: when ``stage`` cannot take a stream of messages.
    """
    if not callable(stage) or isinstance(stage, type):
        raise TypeError(
            f"{stage!r} cannot stand in a chain: a stage is an agent, an operator that was called (`ops.flatten()`), "
            "AWAIT, CLEAR or None"
        )
    checked: Callable[[Any], Any] = stage
    return checked
