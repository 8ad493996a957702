"""Readers of every kind, and what they have seen."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import reactivex as rx
from hypothesis import strategies as st
from reactivex import Observable
from reactivex import operators as rx_ops

from miniagents import MessagePromise, MessageSequencePromise
from tests.laws.programs import Boom, Leaf, turns


@dataclass
class View:
    """The pieces that a reader got, in order, and the error at the end, if there was one."""

    pieces: list[Any] = field(default_factory=list)
    end: BaseException | None = None


async def by_iteration(stream: Any) -> View:
    view = View()
    try:
        async for piece in stream:
            view.pieces.append(piece)
    except Exception as error:  # noqa: BLE001 - a reader takes whatever comes
        view.end = error
    return view


async def by_batches(stream: Any) -> View:
    view = View()
    try:
        async for batch in stream.batches():
            assert batch, "a batch is never empty"
            view.pieces.extend(batch)
    except Exception as error:  # noqa: BLE001 - a reader takes whatever comes
        view.end = error
    return view


async def by_subscription(stream: Observable[Any]) -> View:
    view = View()
    ended = asyncio.Event()

    def on_error(error: Exception) -> None:
        view.end = error
        ended.set()

    stream.subscribe(view.pieces.append, on_error, ended.set)
    await ended.wait()
    return view


async def by_pipe(stream: Observable[Any]) -> View:
    return await by_subscription(stream.pipe(rx_ops.map(lambda piece: (piece,)), rx_ops.map(lambda one: one[0])))


async def by_merge(stream: Observable[Any]) -> View:
    return await by_subscription(rx.merge(stream, rx.empty()))


Reader = Callable[[Any], Awaitable[View]]

READERS: tuple[Reader, ...] = (by_iteration, by_batches, by_subscription, by_pipe, by_merge)

readers = st.sampled_from(READERS)


@dataclass(frozen=True)
class Visit:
    """A reader that comes after some turns of the loop."""

    reader: Reader
    late: int = 0

    async def see(self, stream: Any) -> View:
        await turns(self.late)
        return await self.reader(stream)


visits = st.builds(Visit, readers, st.integers(0, 12))


async def leaf(promise: MessagePromise) -> Leaf:
    """What is to be seen of one message."""
    try:
        return Leaf(str(await promise))
    except Boom as error:
        tokens = await by_iteration(promise)
        assert tokens.end is error
        return Leaf("".join(tokens.pieces), str(error))


async def described(view: View) -> tuple[list[Leaf], str | None]:
    """A view of a sequence in the words of the model."""
    return [await leaf(promise) for promise in view.pieces], name_of(view.end)


def name_of(error: BaseException | None) -> str | None:
    """The name of a program's error; any other error is raised, for no program should end with it."""
    if error is not None and not isinstance(error, Boom):
        raise error
    return None if error is None else str(error)


async def whole_of(sequence: MessageSequencePromise) -> list[str] | str:
    """What `await` gives, in the words of the model."""
    try:
        return [str(message) for message in await sequence]
    except Boom as error:
        return str(error)


def ignore(_: BaseException, __: str) -> None:
    """A policy for errors that nobody observed: here they are expected."""
