"""Awaiting a sequence: all of its messages in order, whenever it begins and however they come in."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from miniagents import InteractionContext, Message, MessagePromise, MessageSequencePromise, MiniAgents, miniagent
from tests.laws.programs import turns

SIX = list("uvwxyz")  # too many to be copied where they are linked


def streamed(text: str, pause: int) -> MessagePromise:
    async def streamer(_: object) -> AsyncIterator[str]:
        for letter in text:
            await turns(pause)
            yield letter

    return Message.promise(message_token_streamer=streamer)


def plainly(ctx: InteractionContext) -> None:
    ctx.reply("a")
    ctx.reply(["b", streamed("cc", 5)])
    ctx.reply("d")


def with_a_link_behind(ctx: InteractionContext) -> None:
    ctx.reply(["a", streamed("bb", 5)])
    ctx.reply(MessageSequencePromise(SIX))
    ctx.reply("c")


def with_links_only(ctx: InteractionContext) -> None:
    ctx.reply(MessageSequencePromise(SIX))
    ctx.reply(MessageSequencePromise([streamed("aa", 5), SIX]))


def out_of_order(ctx: InteractionContext) -> None:
    ctx.reply(["a", streamed("bb", 5), "c"])
    ctx.reply_out_of_order(["d", "e"])
    ctx.reply("f")


def out_of_order_among_links(ctx: InteractionContext) -> None:
    ctx.reply("a")
    ctx.reply(MessageSequencePromise(SIX))
    ctx.reply_out_of_order("b")
    ctx.reply("c")


PROGRAMS: dict[Callable[[InteractionContext], None], str] = {
    plainly: "a b cc d",
    with_a_link_behind: "a bb u v w x y z c",
    with_links_only: "u v w x y z aa u v w x y z",
    out_of_order: "a bb c d e f",
    out_of_order_among_links: "a u v w x y z b c",
}


@pytest.mark.parametrize("after", [0, 1, 3, 8, 40])
@pytest.mark.parametrize("before", [0, 3])
@pytest.mark.parametrize("program", PROGRAMS)
async def test_whenever_it_is_awaited_all_is_there_in_order(
    program: Callable[[InteractionContext], None], before: int, after: int
) -> None:
    @miniagent
    async def agent(ctx: InteractionContext) -> None:
        await turns(before)
        ctx.reply("first")
        await turns(2)
        program(ctx)
        await turns(2)

    async with MiniAgents():
        reply = agent.inquire()
        await turns(after)
        whole, one_by_one = await asyncio.gather(_whole(reply), _one_by_one(reply))
    assert " ".join(map(str, whole)) == f"first {PROGRAMS[program]}"
    assert len(whole) == len(one_by_one)
    assert all(a is b for a, b in zip(whole, one_by_one, strict=True))


async def _whole(reply: MessageSequencePromise) -> tuple[Message, ...]:
    return await reply


async def _one_by_one(reply: MessageSequencePromise) -> list[Any]:
    return [await promise async for promise in reply]
