"""Moves what user code produces into a stream, fairly: a source that never awaits cannot starve its readers."""

from __future__ import annotations

from asyncio import sleep
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable
from contextvars import Context, copy_context
from functools import partial
from typing import Any, TypeVar

from miniagents.core.producer import Producer
from miniagents.core.replay import Replay
from miniagents.core.scope import Scope

T = TypeVar("T")

FAIRNESS_SLICE = 64
"""Pieces after which a pump gives way: it bounds the time to the first piece whatever the length of a burst."""


async def pump(source: AsyncIterable[Any], target: Replay[Any], kind: type = object) -> None:
    """Push every piece of ``source`` into ``target``; the end is the business of whoever runs this.

    :param kind: what every piece has to be.
    :raises TypeError: at the first piece that is something else.
    """
    pieces = target._pieces
    left = FAIRNESS_SLICE
    try:
        async for piece in source:
            if piece.__class__ is not kind and not isinstance(piece, kind):
                raise TypeError(f"a streamer yielded {piece!r}, which is no {kind.__name__}")
            pieces.append(piece)
            if target._alert:
                target._notify()
            left -= 1
            if not left:
                left = FAIRNESS_SLICE
                await sleep(0)
    except BaseException:
        await close(source)
        raise


async def feed(source: AsyncIterable[T], take: Callable[[T], object]) -> None:
    """Let ``take`` have every item of ``source``: the pump for items that are not simply pushed."""
    left = FAIRNESS_SLICE
    try:
        async for item in source:
            take(item)
            left -= 1
            if not left:
                left = FAIRNESS_SLICE
                await sleep(0)
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
        target._dormant = partial(_produce_late, target, scope, parent, label, copy_context(), work, args)


def _produce_late(
    target: Replay[Any],
    scope: Scope,
    parent: Producer,
    label: str,
    context: Context,
    work: Callable[..., Awaitable[object]],
    args: tuple[object, ...],
) -> None:
    if scope.closed:
        target._fail(scope.too_late(label), quiet=True)
        return
    producer = target._producer = Producer(scope, parent, label, target)
    producer.start(work, args, context=context)
