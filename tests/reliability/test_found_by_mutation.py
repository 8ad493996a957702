"""What no other test noticed when the kernel was changed on purpose."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from miniagents import InteractionContext, Message, MessageSequencePromise, MiniAgents, miniagent
from tests.laws.programs import Boom, turns
from tests.laws.readers import READERS, ignore


async def breaking(_: dict[str, Any]) -> AsyncIterator[str]:
    yield "half"
    raise Boom


async def in_two(_: dict[str, Any]) -> AsyncIterator[str]:
    yield "a "
    yield "whole"


async def test_a_streamed_message_is_told_of_once_when_it_is_whole_and_never_when_it_broke_off() -> None:
    told: list[str] = []

    async def persist(_: object, message: Message) -> None:
        told.append(str(message))

    async with MiniAgents(on_persist_message=persist, on_unobserved_error=ignore):
        promises = [Message.promise(message_token_streamer=streamer) for streamer in (in_two, breaking)]
        await promises[0]
        await promises[1].settled()
    assert told == ["a whole"]


async def test_two_asides_with_messages_between_them_stand_where_they_were_put_for_every_reader() -> None:
    @miniagent
    async def replying(ctx: InteractionContext) -> None:
        ctx.reply(["a1", nested])
        await turns(3)
        ctx.reply_out_of_order(MessageSequencePromise(["x1", "x2", "x3", "x4", "x5"]))
        await turns(1)
        ctx.reply(["a2", "a3", "a4"])
        ctx.reply_out_of_order("y")
        ctx.reply("a5")

    async with MiniAgents():
        nested = MessageSequencePromise(["n1", "n2", "n3", "n4", "n5", "n6"])
        reply = replying()
        early = [str(await promise) async for promise in reply]
        assert early == "a1 n1 n2 n3 n4 n5 n6 x1 x2 x3 x4 x5 a2 a3 a4 y a5".split()
        for reader in READERS:
            assert [str(await promise) for promise in (await reader(reply)).pieces] == early
