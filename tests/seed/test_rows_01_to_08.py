"""Rows 1 to 8: agents, what they are sent, what they reply with, and the context that they live in."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from miniagents import Frozen, InteractionContext, Message, MessageSequencePromise, MiniAgent, MiniAgents, miniagent
from tests.seed.seen import texts


@miniagent
async def my_agent(ctx: InteractionContext) -> None:
    async for msg_promise in ctx.message_promises:
        ctx.reply(f"You said: {await msg_promise}")


async def test_row_1_an_agent_replies_to_each_message() -> None:
    assert isinstance(my_agent, MiniAgent)
    async with MiniAgents():
        said = [str(await msg_promise) async for msg_promise in my_agent.inquire(["Hello", "World"])]
    assert said == ["You said: Hello", "You said: World"]


def test_row_2_the_decorator_takes_a_description_and_metadata() -> None:
    @miniagent(alias="SPEAKER", interaction_metadata={"tags": ["a"]}, mutable_state={"log": []})
    async def agent(ctx: InteractionContext, log: list[str]) -> None:
        """I am {AGENT_ALIAS}."""

    assert (agent.alias, agent.description) == ("SPEAKER", "I am SPEAKER.")
    assert agent.interaction_metadata == Frozen(tags=("a",))


def test_row_2_the_alias_is_the_name_in_upper_snake() -> None:
    assert my_agent.alias == "MY_AGENT"


async def test_row_3_the_input_can_be_read_again_and_again() -> None:
    @miniagent
    async def agent(ctx: InteractionContext) -> None:
        assert isinstance(ctx.message_promises, MessageSequencePromise)
        once = [str(await promise) async for promise in ctx.message_promises]
        ctx.reply([*once, *await ctx.message_promises, ctx.message_promises])

    async with MiniAgents():
        assert await texts(agent.inquire(["a", "b"])) == ["a", "b"] * 3


async def test_row_4_everything_that_stands_for_messages_can_be_replied() -> None:
    async def some() -> AsyncIterator[Any]:
        yield "from an iterator"

    @miniagent
    async def agent(ctx: InteractionContext) -> None:
        for item in ("text", {"content": "dict"}, Message("message"), Message("promise").as_promise):
            ctx.reply(item)
        ctx.reply([my_agent.inquire("sequence"), [["nested"]], some()])

    async with MiniAgents():
        assert await texts(agent.inquire()) == (
            ["text", "dict", "message", "promise", "You said: sequence", "nested", "from an iterator"]
        )


async def test_row_4_an_exception_is_raised_where_it_stands() -> None:
    @miniagent
    async def agent(ctx: InteractionContext) -> None:
        ctx.reply(["before", ValueError("here"), "after"])

    seen = []
    async with MiniAgents():
        with pytest.raises(ValueError, match="here"):
            async for promise in agent.inquire():
                seen.append(str(await promise))
    assert seen == ["before"]


async def test_row_4_anything_else_is_a_type_error_at_the_reply() -> None:
    @miniagent
    async def agent(ctx: InteractionContext) -> None:
        with pytest.raises(TypeError, match="3, of type int, cannot stand for a message"):
            ctx.reply(3)  # type: ignore[arg-type]
        ctx.reply("fine")

    async with MiniAgents():
        assert await texts(agent.inquire()) == ["fine"]


async def test_row_5_a_list_is_taken_as_it_is_at_the_reply() -> None:
    @miniagent
    async def agent(ctx: InteractionContext) -> None:
        items = ["before"]
        ctx.reply(items)
        items.append("too late")

    async with MiniAgents():
        assert await texts(agent.inquire()) == ["before"]


async def test_row_5_an_async_iterator_is_read_as_it_goes() -> None:
    items = ["first"]

    async def some() -> AsyncIterator[str]:
        for item in items:
            yield item
            await asyncio.sleep(0)

    @miniagent
    async def agent(ctx: InteractionContext) -> None:
        ctx.reply(some())
        items.append("second")

    async with MiniAgents():
        assert await texts(agent.inquire()) == ["first", "second"]


def test_row_6_run_returns_the_value() -> None:
    async def main() -> list[str]:
        return await texts(my_agent.inquire("x"))

    assert MiniAgents().run(main()) == ["You said: x"]


async def test_row_7_leaving_the_context_waits_for_all_agents() -> None:
    done = []

    @miniagent
    async def slow(ctx: InteractionContext) -> None:
        await asyncio.sleep(0.001)
        done.append(True)

    async with MiniAgents():
        slow.inquire()
    assert done == [True]


async def test_row_8_a_context_without_a_block() -> None:
    mini_agents = MiniAgents()
    mini_agents.activate()
    try:
        assert await texts(my_agent.inquire("x")) == ["You said: x"]
    finally:
        await mini_agents.afinalize()


async def test_row_8_a_second_activation_is_refused() -> None:
    async with MiniAgents() as mini_agents:
        with pytest.raises(RuntimeError, match="not reentrant"):
            mini_agents.activate()


def test_row_8_a_plain_with_is_refused() -> None:
    with pytest.raises(RuntimeError, match="async with"), MiniAgents():  # type: ignore[attr-defined]
        pass
