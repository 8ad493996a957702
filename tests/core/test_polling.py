"""A reader that keeps up with its stream comes back in the next turn of the loop instead of waiting to be woken."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from miniagents import InteractionContext, Message, MessagePromise, MiniAgents, StreamedPromise, miniagent
from miniagents.core.replay import LONGEST_PAUSE
from miniagents.core.stream import Stream, Turn
from tests.laws.programs import turns

LENGTH = 640


@dataclass
class Counts:
    """How often readers and pumps gave way for a turn, and how many Futures were made to be woken by."""

    turns: int = 0
    waiters: int = 0


@pytest.fixture
def counts(monkeypatch: pytest.MonkeyPatch) -> Counts:
    found = Counts()
    new_waiter, give_way = Stream._new_waiter, Turn.__await__

    def counted_waiter(self: Stream[object], loop: asyncio.AbstractEventLoop) -> asyncio.Future[None]:
        found.waiters += 1
        return new_waiter(self, loop)

    def counted_turn(self: Turn) -> Any:
        found.turns += 1
        return give_way(self)

    monkeypatch.setattr(Stream, "_new_waiter", counted_waiter)
    monkeypatch.setattr(Turn, "__await__", counted_turn)
    return found


def message(turns_between: int, length: int = LENGTH) -> MessagePromise:
    async def streamer(_: object) -> AsyncIterator[str]:
        for number in range(length):
            await turns(turns_between)
            yield f"{number} "

    return Message.promise(message_token_streamer=streamer)


def tokens_of(promise: MessagePromise, _: object) -> AsyncIterator[str]:
    return aiter(promise)


async def tokens(promise: MessagePromise) -> list[str]:
    return [token async for token in promise]


EXPECTED = [f"{number} " for number in range(LENGTH)]


async def test_a_token_in_every_turn_takes_hardly_any_future(counts: Counts) -> None:
    async with MiniAgents():
        assert await tokens(message(1)) == EXPECTED
    assert counts.waiters < LENGTH / 20


async def test_it_does_so_through_agents_that_stream_anew(counts: Counts) -> None:
    async with MiniAgents():
        promise = message(1)
        for _ in range(5):
            promise = Message.promise(message_token_streamer=partial(tokens_of, promise))
        assert await tokens(promise) == EXPECTED
    assert counts.waiters < 5 * LENGTH / 20


@pytest.mark.parametrize("turns_between", [3, 10])
async def test_it_hardly_looks_in_vain_where_tokens_are_slow(counts: Counts, turns_between: int) -> None:
    async with MiniAgents():
        assert await tokens(message(turns_between)) == EXPECTED
    pump = 20
    assert counts.turns < LENGTH / LONGEST_PAUSE + pump
    assert counts.waiters >= LENGTH


async def test_it_notices_soon_that_tokens_have_become_fast(counts: Counts) -> None:
    slow, fast = 300, 300

    async def streamer(_: object) -> AsyncIterator[str]:
        for number in range(slow + fast):
            await turns(3 if number < slow else 1)
            yield f"{number} "

    async with MiniAgents():
        assert len(await tokens(Message.promise(message_token_streamer=streamer))) == slow + fast
    assert counts.waiters < slow + 2 * LONGEST_PAUSE


async def test_of_many_readers_one_looks_and_the_others_share_a_future(counts: Counts) -> None:
    async with MiniAgents():
        promise = message(1)
        for found in await asyncio.gather(*[tokens(promise) for _ in range(20)]):
            assert found == EXPECTED
    assert counts.turns < 1.1 * LENGTH
    assert counts.waiters < 1.1 * LENGTH


async def test_a_reader_that_is_cancelled_while_it_looks_hears_of_it_and_leaves_the_place_to_others(
    counts: Counts,
) -> None:
    async with MiniAgents():
        promise = message(1)
        first = asyncio.create_task(tokens(promise))
        second = asyncio.create_task(tokens(promise))
        while not promise._polled:
            await turns(1)
        first.cancel()
        with suppress(asyncio.CancelledError):
            await first
        assert first.cancelled()
        assert await second == EXPECTED
    assert counts.waiters < LENGTH / 10


async def test_an_agent_that_answers_within_a_turn_takes_no_future(counts: Counts) -> None:
    @miniagent
    async def echo(ctx: InteractionContext) -> None:
        ctx.reply(ctx.message_promises)

    async with MiniAgents():
        for _ in range(10):
            assert str((await echo.inquire("a"))[0]) == "a"
    assert counts.waiters == 0


async def test_one_that_does_not_is_waited_for_by_one_future(counts: Counts) -> None:
    @miniagent
    async def slow(ctx: InteractionContext) -> None:
        await turns(20)
        ctx.reply("slow")

    async with MiniAgents():
        assert str((await slow.inquire())[0]) == "slow"
    assert counts.waiters == 1


async def test_a_stream_that_ends_while_its_reader_looks_ends_for_it() -> None:
    async def streamer(_: object) -> AsyncIterator[int]:
        yield 1
        await turns(2)
        yield 2
        await turns(1)

    async with MiniAgents():
        promise: StreamedPromise[int, object] = StreamedPromise(streamer=streamer)
        assert [piece async for piece in promise] == [1, 2]
