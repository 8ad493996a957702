"""L13: depth 10,000 works at the default recursion limit, in every direction in which a program can be deep."""

import asyncio
import sys
from collections.abc import AsyncIterator
from functools import reduce
from typing import Any

import pytest

from miniagents import InteractionContext, Message, MessageSequencePromise, MiniAgent, MiniAgents, miniagent
from miniagents import operators as ops
from miniagents.core.errors import PromiseCancelledError
from tests.laws.programs import Boom, turns
from tests.laws.readers import READERS, Reader

DEPTH = 10_000


@pytest.fixture(autouse=True)
def _default_recursion_limit() -> None:
    assert sys.getrecursionlimit() <= 1_000 + 100


@miniagent
async def nesting(ctx: InteractionContext, depth: int) -> None:
    ctx.reply("in")
    if depth:
        ctx.reply(nesting(depth=depth - 1))
    ctx.reply("out")


@miniagent
async def awaiting(ctx: InteractionContext, depth: int) -> None:
    if depth:
        ctx.reply(await awaiting(depth=depth - 1))
    else:
        ctx.reply("the end")


@miniagent
async def passing(ctx: InteractionContext) -> None:
    ctx.reply(ctx.message_promises)


@miniagent
async def repassing(ctx: InteractionContext) -> AsyncIterator[Any]:
    async for promise in ctx.message_promises:
        yield promise


@pytest.mark.parametrize("reader", READERS)
async def test_replies_inside_replies(reader: Reader) -> None:
    async with MiniAgents():
        view = await reader(nesting(depth=DEPTH))
        assert view.end is None
        assert len(view.pieces) == 2 * (DEPTH + 1)
        assert str(await view.pieces[0]) == "in"
        assert str(await view.pieces[-1]) == "out"


async def test_awaited_calls_inside_calls() -> None:
    async with MiniAgents():
        assert [str(message) for message in await awaiting(depth=DEPTH)] == ["the end"]


async def test_lazy_calls_inside_lazy_calls() -> None:
    async with MiniAgents(start_asap=False):
        assert len(await nesting(depth=DEPTH)) == 2 * (DEPTH + 1)


@pytest.mark.parametrize("kind", [list, tuple, iter])
async def test_lists_inside_lists(kind: Any) -> None:
    nested: Any = "heart"
    for _ in range(DEPTH):
        nested = kind([nested])
    async with MiniAgents():
        assert [str(message) for message in await MessageSequencePromise(nested)] == ["heart"]


@pytest.mark.parametrize("reader", READERS)
async def test_sequences_inside_sequences(reader: Reader) -> None:
    async with MiniAgents():
        sequence = MessageSequencePromise("heart")
        for _ in range(DEPTH):
            sequence = MessageSequencePromise([sequence, "shell"])
        assert len((await reader(sequence)).pieces) == DEPTH + 1


@pytest.mark.parametrize("agent", [passing, repassing])
async def test_a_chain_of_agents(agent: MiniAgent) -> None:
    chain = reduce(MiniAgent.__or__, [agent] * DEPTH)
    async with MiniAgents():
        assert [str(message) for message in await chain(["a", "b"])] == ["a", "b"]


@pytest.mark.parametrize("agent", [passing, repassing])
async def test_calls_on_replies_of_calls(agent: MiniAgent) -> None:
    async with MiniAgents():
        reply = MessageSequencePromise(["a", "b"])
        for _ in range(DEPTH):
            reply = agent(reply)
        assert [str(message) for message in await reply] == ["a", "b"]


async def test_an_error_through_a_chain_of_agents() -> None:
    boom = Boom()
    async with MiniAgents():
        reply: Any = MessageSequencePromise(["a", boom])
        for _ in range(DEPTH):
            reply = repassing(reply)
        with pytest.raises(Boom) as caught:
            await reply
        assert caught.value is boom


async def test_a_chain_of_token_operators() -> None:
    async def streamer(_: object) -> AsyncIterator[str]:
        for token in "abc":
            await asyncio.sleep(0)
            yield token

    async with MiniAgents():
        stream = MessageSequencePromise(Message.promise(message_token_streamer=streamer))
        for _ in range(DEPTH):
            stream = stream.pipe(ops.map_tokens(str.upper))
        assert [str(message) for message in await stream] == ["ABC"]


async def test_a_chain_of_message_operators() -> None:
    async with MiniAgents():
        stream = MessageSequencePromise(["a", "b"])
        for _ in range(DEPTH):
            stream = stream.pipe(ops.map_messages(lambda message: message))
        assert len(await stream) == 2


async def test_merges_inside_merges() -> None:
    async with MiniAgents():
        stream = MessageSequencePromise(["a", "b"])
        for _ in range(DEPTH):
            stream = stream.pipe(ops.merge_all())
        assert len(await stream) == 2


@miniagent
async def waiting(ctx: InteractionContext, depth: int, stopped: list[int]) -> None:
    if depth:
        ctx.reply(waiting(depth=depth - 1, stopped=stopped))
    try:
        await asyncio.Event().wait()
    finally:
        stopped.append(depth)


async def test_cancelling_calls_inside_calls() -> None:
    stopped: list[int] = []
    async with MiniAgents():
        reply = waiting(depth=DEPTH, stopped=stopped)
        await turns(DEPTH + 5)
        assert reply.cancel()
        with pytest.raises(PromiseCancelledError):
            await reply
        assert len(stopped) == DEPTH + 1


async def test_leaving_the_context_with_calls_inside_calls() -> None:
    stopped: list[int] = []
    with pytest.raises(ZeroDivisionError):
        async with MiniAgents():
            waiting(depth=DEPTH, stopped=stopped)
            await turns(DEPTH + 5)
            raise ZeroDivisionError
    assert len(stopped) == DEPTH + 1


async def test_dropping_what_is_deep() -> None:
    async with MiniAgents():
        reply: Any = nesting(depth=DEPTH)
        await reply
        del reply
    nested: Any = Message("heart")
    for _ in range(150):
        nested = Message("shell", inner=nested)
    assert len(list(nested.sub_messages())) == 150
