"""Moves what user code produces into a stream, fairly: a source that never awaits cannot starve its readers."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable
from contextvars import copy_context
from typing import Any, TypeVar

from miniagents.core.producer import Producer, close_coroutines
from miniagents.core.replay import Replay
from miniagents.core.scope import Scope
from miniagents.core.stream import A_TURN

T = TypeVar("T")

FAIRNESS_SLICE = 256
"""The most pieces that a pump moves before it gives way.

It begins with one and doubles that each time: the first piece of a burst is then through a chain of pumps before those
behind it have moved much, and on the way to the last piece giving way costs next to nothing.
"""


async def pump(source: AsyncIterable[Any], target: Replay[Any], kind: type = object) -> None:
    """Push every piece of ``source`` into ``target``; the end is the business of whoever runs this.

    :param kind: what every piece has to be.
    :raises TypeError: at the first piece that is something else.
    """
    pieces = target._pieces
    left = size = 1
    try:
        async for piece in source:
            if piece.__class__ is not kind and not isinstance(piece, kind):
                raise TypeError(f"a streamer yielded {piece!r}, which is no {kind.__name__}")
            pieces.append(piece)
            if target._alert:
                target._notify()
            left -= 1
            if not left:
                left = size = min(2 * size, FAIRNESS_SLICE)
                await A_TURN
    except BaseException:
        await close(source)
        raise


async def feed(source: AsyncIterable[T], take: Callable[[T], object]) -> None:
    """Let ``take`` have every item of ``source``: the pump for items that are not simply pushed."""
    left = size = 1
    try:
        async for item in source:
            take(item)
            left -= 1
            if not left:
                left = size = min(2 * size, FAIRNESS_SLICE)
                await A_TURN
    except BaseException:
        await close(source)
        raise


async def close(source: object) -> None:
    """Let a generator that was left in the middle run its ``finally`` blocks now, and not when it is collected."""
    if isinstance(source, AsyncGenerator):
        await source.aclose()


def produce(
    target: Replay[Any],
    scope: Scope,
    parent: Producer,
    label: str,
    start_asap: bool,
    work: Callable[..., Awaitable[object]],
    *args: object,
) -> None:
    """Let ``work(*args)`` be what makes ``target``: at the next turn of the loop, or at the first look at it.

    Either way it sees the context variables of this call.
    """
    if start_asap:
        producer = target._producer = Producer(scope, parent, label, target)
        producer.start(work, args)
    else:
        target._dormant = _Late(scope, parent, label, work, args)


class _Late:
    """What starts a producer at the first look at its target, if there ever is one."""

    __slots__ = ("_args", "_context", "_label", "_parent", "_scope", "_work")

    def __init__(
        self,
        scope: Scope,
        parent: Producer,
        label: str,
        work: Callable[..., Awaitable[object]],
        args: tuple[object, ...],
    ) -> None:
        self._scope = scope
        self._parent = parent
        self._label = label
        self._context = copy_context()
        self._work = work
        self._args = args

    def __call__(self, target: Replay[Any]) -> None:
        if self._scope.closed:
            target._fail(self._scope.too_late(self._label), quiet=True)
            return
        args, self._args = self._args, ()
        producer = target._producer = Producer(self._scope, self._parent, self._label, target)
        producer.start(self._work, args, context=self._context)

    def __del__(self) -> None:
        close_coroutines(self._args)  # nobody has looked: no warning is due that they were never awaited
