"""Rows 26 to 37: one message of many, who runs when, calls message by message, and when a reply ends."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from miniagents import InteractionContext, Message, MessageSequencePromise, MiniAgents, miniagent
from miniagents.core.errors import AppenderClosedError
from tests.seed.seen import texts

printed: list[str] = []


@pytest.fixture(autouse=True)
def nothing_printed() -> None:
    printed.clear()


async def abc(_: dict[str, Any]) -> AsyncIterator[str]:
    for token in "abc":
        yield token


async def test_row_26_all_messages_as_one_stream_their_tokens() -> None:
    async with MiniAgents():
        one = MessageSequencePromise(["x", Message.promise(message_token_streamer=abc)]).as_single_promise()
        assert [token async for token in one] == ["x", "\n\n", "a", "b", "c"]


async def test_row_26_the_metadata_of_members_is_merged_and_the_later_wins() -> None:
    first, second = Message("1", role="user", a=1), Message("2", role="assistant", b=2)
    async with MiniAgents():
        one = await MessageSequencePromise([first, second]).as_single_promise(separator="/", c=3)
    assert (str(one), one["role"], one["a"], one["b"], one["c"]) == ("1/2", "assistant", 1, 2, 3)
    assert one["original_messages"] == (first, second)


@miniagent
async def agent1(ctx: InteractionContext) -> None:
    printed.append("1 started")
    ctx.reply("1.1")
    ctx.reply("1.2")
    printed.append("1 finished")


@miniagent
async def agent2(ctx: InteractionContext) -> None:
    printed.append("2 started")
    ctx.reply("2.1")
    printed.append("2 finished")


@miniagent
async def aggregator(ctx: InteractionContext, pause: bool = False) -> None:
    printed.append("0 started")
    ctx.reply(["0.1", agent1.inquire(), agent2.inquire()])
    ctx.reply("0.2")
    if pause:
        await asyncio.sleep(0.001)
    printed.append("0 finished")


AGENTS_1_AND_2 = ["1 started", "1 finished", "2 started", "2 finished"]


async def test_row_27_the_aggregator_is_through_before_its_agents_begin() -> None:
    async with MiniAgents():
        reply = aggregator.inquire()
        assert await texts(reply) == ["0.1", "1.1", "1.2", "2.1", "0.2"]
        assert len(await reply) == 5
    assert printed == ["0 started", "0 finished", *AGENTS_1_AND_2]


async def test_row_28_where_it_gives_way_its_agents_run() -> None:
    async with MiniAgents():
        assert await texts(aggregator.inquire(pause=True)) == ["0.1", "1.1", "1.2", "2.1", "0.2"]
    assert printed == ["0 started", *AGENTS_1_AND_2, "0 finished"]


async def test_row_29_inquire_runs_no_code_of_an_agent() -> None:
    async with MiniAgents():
        agent1.inquire()
        assert printed == []
        await asyncio.sleep(0)
        assert printed == ["1 started", "1 finished"]


async def test_row_30_agents_run_without_a_reader() -> None:
    async with MiniAgents():
        aggregator.inquire()
    assert printed[:2] == ["0 started", "0 finished"]
    assert len(printed) == 6


async def test_row_31_a_lazy_call_runs_when_its_reply_is_read() -> None:
    async with MiniAgents():
        reply = agent1.inquire(start_asap=False)
        await asyncio.sleep(0.001)
        assert printed == []
        assert await texts(reply) == ["1.1", "1.2"]


async def test_row_32_a_whole_program_may_be_lazy() -> None:
    async with MiniAgents(start_asap=False):
        reply = aggregator.inquire()
        await asyncio.sleep(0.001)
        assert printed == []
        assert await texts(reply) == ["0.1", "1.1", "1.2", "2.1", "0.2"]


@miniagent
async def echo(ctx: InteractionContext) -> None:
    async for promise in ctx.message_promises:
        ctx.reply(f"Echo: {await promise}")


async def test_row_33_messages_are_sent_one_by_one() -> None:
    async with MiniAgents():
        call = echo.initiate_inquiry()
        call.send_message("Hello")
        call.send_message("World")
        assert await texts(call.reply_sequence()) == ["Echo: Hello", "Echo: World"]
        with pytest.raises(AppenderClosedError, match="too late"):
            call.send_message("too late")


async def test_row_34_a_reply_can_be_read_before_the_next_message_is_sent() -> None:
    async with MiniAgents():
        call = echo.initiate_inquiry()
        replies = aiter(call.reply_sequence(close_request_sequence=False))
        for word in ("one", "two"):
            call.send_message(word)
            assert str(await (await anext(replies))) == f"Echo: {word}"
        call.finish()


async def test_row_35_a_call_that_is_kicked_off_runs_at_once_also_in_a_lazy_program() -> None:
    async with MiniAgents(start_asap=False):
        assert agent1.kick_off() is None  # type: ignore[func-returns-value]  # which is what is tested
    assert printed == ["1 started", "1 finished"]


async def test_row_36_a_reply_stays_open_for_what_it_is_told() -> None:
    @miniagent
    async def agent(ctx: InteractionContext) -> None:
        async def later() -> None:
            await asyncio.sleep(0.001)
            ctx.reply("later")

        ctx.keep_open_for(later())
        ctx.reply("now")

    async with MiniAgents():
        assert await texts(agent.inquire()) == ["now", "later"]


async def test_row_37_a_reply_may_end_before_its_agent() -> None:
    gate = asyncio.Event()

    @miniagent
    async def agent(ctx: InteractionContext) -> None:
        ctx.reply("all")
        await ctx.finish_early()
        await gate.wait()
        printed.append("agent finished")

    async with MiniAgents():
        assert await texts(agent.inquire()) == ["all"]
        assert printed == []
        gate.set()
    assert printed == ["agent finished"]
