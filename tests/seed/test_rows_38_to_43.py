"""Rows 38 to 43: replay, many readers, and errors."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from miniagents import InteractionContext, Message, MiniAgents, miniagent


async def abc(_: dict[str, Any]) -> AsyncIterator[str]:
    for token in "abc":
        await asyncio.sleep(0)
        yield token


@miniagent
async def streaming(ctx: InteractionContext) -> None:
    ctx.reply(Message.promise(message_token_streamer=abc))
    ctx.reply("d")


@miniagent
async def failing(ctx: InteractionContext) -> None:
    ctx.reply("one")
    raise ValueError("no two")


async def read_all(reply: Any) -> list[list[str]]:
    return [[token async for token in promise] async for promise in reply]


async def test_row_38_messages_can_be_read_again() -> None:
    async with MiniAgents():
        reply = streaming.inquire()
        once = [await promise async for promise in reply]
        again = [await promise async for promise in reply]
        assert [id(message) for message in once] == [id(message) for message in again]
        assert len(await reply) == 2


async def test_row_39_a_late_reader_gets_all_tokens() -> None:
    async with MiniAgents():
        reply = streaming.inquire()
        await reply
        assert await read_all(reply) == [["a", "b", "c"], ["d"]]


async def test_row_40_readers_at_the_same_time_see_the_same() -> None:
    async with MiniAgents():
        reply = streaming.inquire()
        views = await asyncio.gather(*(read_all(reply) for _ in range(5)))
    assert views == [[["a", "b", "c"], ["d"]]] * 5


async def test_row_41_an_error_comes_after_what_was_replied_and_awaiting_raises_it() -> None:
    seen = []
    async with MiniAgents():
        reply = failing.inquire()
        with pytest.raises(ValueError, match="no two"):
            async for promise in reply:
                seen.append(str(await promise))
        with pytest.raises(ValueError, match="no two"):
            await reply
    assert seen == ["one"]


async def test_row_41_an_error_reaches_the_caller_of_the_caller() -> None:
    @miniagent
    async def caller(ctx: InteractionContext) -> None:
        ctx.reply(failing.inquire())

    async with MiniAgents():
        with pytest.raises(ValueError, match="no two") as caught:
            await caller.inquire()
    assert caught.value.__notes__ == ["agent trace: CALLER -> FAILING"]


async def test_row_42_an_error_among_tokens_has_its_place_for_every_reader() -> None:
    async def broken(_: dict[str, Any]) -> AsyncIterator[str]:
        yield "a"
        raise ValueError("no b")

    async with MiniAgents():
        promise = Message.promise(message_token_streamer=broken)
        for _ in range(2):
            seen = []
            with pytest.raises(ValueError, match="no b"):
                async for token in promise:
                    seen.append(token)
            assert seen == ["a"]


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit, GeneratorExit])
async def test_row_43_no_reader_hangs_whatever_its_producer_dies_of(kind: type[BaseException]) -> None:
    @miniagent
    async def dying(ctx: InteractionContext) -> None:
        ctx.reply("one")
        raise kind

    async with MiniAgents():
        reply = dying.inquire()
        for _ in range(2):
            with pytest.raises(kind):
                await reply
