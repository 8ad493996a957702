"""What an agent can do with its reply: keep it open, end it early, put something in out of order."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from typing import Any

import pytest

from miniagents import InteractionContext, MiniAgents, miniagent
from miniagents.core.errors import AppenderClosedError
from tests.laws.programs import Boom, turns
from tests.laws.readers import by_iteration

user: ContextVar[str] = ContextVar("user", default="nobody")


async def texts(reply: Any) -> list[str]:
    return [str(message) for message in await reply]


async def test_a_reply_stays_open_for_what_it_was_told() -> None:
    @miniagent
    async def agent(ctx: InteractionContext) -> None:
        async def later() -> None:
            await turns(5)
            ctx.reply("later")

        ctx.keep_open_for(asyncio.ensure_future(later()))
        ctx.reply("now")

    async with MiniAgents():
        assert await texts(agent()) == ["now", "later"]


async def test_it_may_be_kept_open_for_more_meanwhile() -> None:
    @miniagent
    async def agent(ctx: InteractionContext) -> None:
        async def again(count: int) -> None:
            ctx.reply(f"{count}")
            if count:
                ctx.keep_open_for(again(count - 1))

        ctx.keep_open_for(again(3))

    async with MiniAgents():
        assert await texts(agent()) == ["3", "2", "1", "0"]


async def test_an_error_of_what_it_was_kept_open_for_ends_the_reply() -> None:
    boom = Boom()

    @miniagent
    async def agent(ctx: InteractionContext) -> None:
        async def failing() -> None:
            raise boom

        ctx.reply("before")
        ctx.keep_open_for(failing())

    async with MiniAgents():
        view = await by_iteration(agent())
        assert (len(view.pieces), view.end) == (1, boom)


async def test_keep_open_for_takes_an_awaitable() -> None:
    @miniagent
    async def agent(ctx: InteractionContext) -> None:
        with pytest.raises(TypeError, match="awaitable"):
            ctx.keep_open_for(turns)  # type: ignore[arg-type]
        ctx.reply("fine")

    async with MiniAgents():
        assert await texts(agent()) == ["fine"]


async def test_an_agent_may_end_its_reply_and_work_on() -> None:
    gate = asyncio.Event()
    log: list[str] = []

    @miniagent
    async def agent(ctx: InteractionContext) -> None:
        ctx.reply("all there is")
        await ctx.finish_early()
        with pytest.raises(AppenderClosedError, match="AGENT"):
            ctx.reply("more")
        await gate.wait()
        log.append("worked on")

    async with MiniAgents():
        assert await texts(agent()) == ["all there is"]
        assert not log
        gate.set()
    assert log == ["worked on"]


async def test_finishing_early_waits_for_what_the_reply_is_kept_open_for() -> None:
    @miniagent
    async def agent(ctx: InteractionContext) -> None:
        async def later() -> None:
            await turns(3)
            ctx.reply("kept")

        ctx.keep_open_for(later())
        await ctx.finish_early()
        await turns(3)

    async with MiniAgents():
        assert await texts(agent()) == ["kept"]


async def test_an_error_after_the_early_end_is_not_lost() -> None:
    boom = Boom()

    @miniagent
    async def agent(ctx: InteractionContext) -> None:
        await ctx.finish_early()
        await turns(2)
        raise boom

    with pytest.raises(ExceptionGroup) as caught:
        async with MiniAgents():
            assert await texts(agent()) == []
    assert caught.value.exceptions == (boom,)


async def test_a_reply_after_the_end_is_refused() -> None:
    contexts: list[InteractionContext] = []

    @miniagent
    async def agent(ctx: InteractionContext) -> None:
        contexts.append(ctx)

    async with MiniAgents():
        await agent()
        for reply in (contexts[0].reply, contexts[0].reply_out_of_order):
            with pytest.raises(AppenderClosedError, match="AGENT has ended its reply"):
                reply("late")
        with pytest.raises(AppenderClosedError):
            contexts[0].keep_open_for(asyncio.get_running_loop().create_future())


async def test_out_of_order_comes_right_after_what_is_available() -> None:
    gate = asyncio.Event()

    @miniagent
    async def gated(ctx: InteractionContext) -> None:
        await gate.wait()
        ctx.reply("pending")

    @miniagent
    async def agent(ctx: InteractionContext) -> None:
        ctx.reply("first")
        ctx.reply(gated())
        ctx.reply("last")
        await turns(2)
        ctx.reply_out_of_order(["urgent", "news"])
        gate.set()

    async with MiniAgents():
        reply = agent()
        assert await texts(reply) == ["first", "urgent", "news", "pending", "last"]
        assert [str(await promise) async for promise in reply] == ["first", "urgent", "news", "pending", "last"]


async def test_out_of_order_stays_at_its_place_when_forwarded() -> None:
    gate = asyncio.Event()

    async def pending() -> str:
        await gate.wait()
        return "pending"

    @miniagent
    async def agent(ctx: InteractionContext) -> None:
        ctx.reply(pending())
        await turns(2)
        ctx.reply_out_of_order("urgent")
        gate.set()

    @miniagent
    async def forwarding(ctx: InteractionContext) -> None:
        ctx.reply(["before", ctx.message_promises, "after"])

    async with MiniAgents():
        assert await texts(forwarding(agent())) == ["before", "urgent", "pending", "after"]


async def test_many_out_of_order_come_in_the_order_of_their_coming() -> None:
    gate = asyncio.Event()

    async def pending() -> str:
        await gate.wait()
        return "pending"

    @miniagent
    async def agent(ctx: InteractionContext) -> None:
        ctx.reply(pending())
        for number in range(3):
            await turns(1)
            ctx.reply_out_of_order(f"{number}")
        gate.set()

    async with MiniAgents():
        assert await texts(agent()) == ["0", "1", "2", "pending"]
