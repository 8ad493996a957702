"""Ways of calling: all at once, one by one in full duplex, detached; and what an agent can do with its reply."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from typing import Any

import pytest

from miniagents import AgentCall, InteractionContext, MiniAgents, miniagent
from miniagents.core.errors import AppenderClosedError
from tests.laws.programs import Boom, turns
from tests.laws.readers import by_iteration

user: ContextVar[str] = ContextVar("user", default="nobody")


@miniagent
async def echo(ctx: InteractionContext) -> None:
    async for promise in ctx.message_promises:
        ctx.reply(f"Echo: {await promise}")


async def texts(reply: Any) -> list[str]:
    return [str(message) for message in await reply]


# --- one by one


async def test_messages_are_sent_one_by_one() -> None:
    async with MiniAgents():
        call = echo.initiate_inquiry()
        call.send_message("Hello")
        call.send_message(["World", "!"])
        assert await texts(call.reply_sequence()) == ["Echo: Hello", "Echo: World", "Echo: !"]


async def test_replies_may_be_read_before_more_is_sent() -> None:
    async with MiniAgents():
        call = echo.initiate_inquiry()
        replies = aiter(call.reply_sequence(close_request_sequence=False))
        for word in ("a", "b", "c"):
            call.send_message(word)
            assert str(await (await anext(replies))) == f"Echo: {word}"
        call.finish()
        with pytest.raises(StopAsyncIteration):
            await anext(replies)


async def test_the_reply_is_the_same_each_time_and_finishing_twice_is_fine() -> None:
    async with MiniAgents():
        call = echo.initiate_inquiry()
        first = call.reply_sequence(close_request_sequence=False)
        assert call.reply_sequence() is first
        call.finish()
        assert await first == ()


async def test_sending_after_the_end_says_how_to_go_on() -> None:
    async with MiniAgents():
        call = echo.initiate_inquiry()
        call.reply_sequence()
        with pytest.raises(AppenderClosedError, match="'late'.*ECHO.*close_request_sequence=False"):
            call.send_message("late")


async def test_what_cannot_be_sent_is_refused_and_the_call_goes_on() -> None:
    async with MiniAgents():
        call = echo.initiate_inquiry()
        with pytest.raises(TypeError, match="int"):
            call.send_message(3)  # type: ignore[arg-type]
        call.send_message("fine")
        assert await texts(call.reply_sequence()) == ["Echo: fine"]


async def test_a_lazy_call_may_be_sent_to_before_it_runs() -> None:
    async with MiniAgents():
        call = echo.initiate_inquiry(start_asap=False)
        call.send_message("a")
        await turns(3)
        assert await texts(call.reply_sequence()) == ["Echo: a"]


async def test_an_unfinished_inquiry_of_an_agent_that_has_ended_does_not_break_the_close() -> None:
    @miniagent
    async def forgetful(ctx: InteractionContext) -> None:
        call = echo.initiate_inquiry()
        call.send_message("a")
        replies = aiter(call.reply_sequence(close_request_sequence=False))
        ctx.reply(await anext(replies))
        call.finish()

    async with MiniAgents():
        assert await texts(forgetful()) == ["Echo: a"]


async def test_a_call_shows_its_state() -> None:
    async with MiniAgents():
        call: AgentCall = echo.initiate_inquiry()
        assert repr(call) == "<AgentCall of ECHO, open>"
        call.finish()
        assert repr(call) == "<AgentCall of ECHO, finished>"
        await call.reply_sequence()


# --- detached


async def test_kick_off_returns_nothing_and_runs() -> None:
    log: list[str] = []

    @miniagent
    async def logging(ctx: InteractionContext) -> None:
        log.extend(await texts(ctx.message_promises))

    async with MiniAgents(start_asap=False):
        result: object = logging.kick_off("a")  # type: ignore[func-returns-value]
        assert result is None
    assert log == ["a"]


# --- the reply


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


# --- context variables


async def test_a_call_made_by_a_subscriber_is_not_a_child_of_the_producer() -> None:
    made: list[Any] = []
    gate = asyncio.Event()

    @miniagent
    async def gated(ctx: InteractionContext) -> None:
        await gate.wait()
        ctx.reply(user.get())

    @miniagent
    async def producer(ctx: InteractionContext) -> None:
        user.set("producer")
        ctx.reply("go")
        await asyncio.Event().wait()

    async with MiniAgents():
        user.set("subscriber")
        reply = producer()
        reply.subscribe(lambda _: made.append(gated()))
        await turns(4)
        reply.cancel()
        await by_iteration(reply)
        gate.set()
        assert await texts(made[0]) == ["subscriber"]


async def test_what_an_agent_sets_stays_in_the_agent() -> None:
    @miniagent
    async def setting(ctx: InteractionContext) -> None:
        user.set("agent")
        ctx.reply(user.get())

    async with MiniAgents():
        user.set("caller")
        assert await texts(setting()) == ["agent"]
        assert user.get() == "caller"
