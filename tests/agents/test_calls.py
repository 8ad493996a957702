"""Ways of calling: all at once, one by one in full duplex, detached."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from typing import Any

import pytest

from miniagents import AgentCall, InteractionContext, MiniAgents, miniagent
from miniagents.core.errors import AppenderClosedError
from tests.laws.programs import turns
from tests.laws.readers import by_iteration

user: ContextVar[str] = ContextVar("user", default="nobody")


@miniagent
async def echo(ctx: InteractionContext) -> None:
    async for promise in ctx.message_promises:
        ctx.reply(f"Echo: {await promise}")


async def texts(reply: Any) -> list[str]:
    return [str(message) for message in await reply]


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


async def test_kick_off_returns_nothing_and_runs() -> None:
    log: list[str] = []

    @miniagent
    async def logging(ctx: InteractionContext) -> None:
        log.extend(await texts(ctx.message_promises))

    async with MiniAgents(start_asap=False):
        result: object = logging.kick_off("a")  # type: ignore[func-returns-value]
        assert result is None
    assert log == ["a"]


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


async def test_its_task_is_named_after_the_agent() -> None:
    @miniagent
    async def talker(ctx: InteractionContext) -> None:
        task = asyncio.current_task()
        ctx.reply("" if task is None else task.get_name())

    async with MiniAgents():
        assert str((await talker.inquire())[0]) == "TALKER"
        assert str((await talker.fork(alias="OTHER").inquire())[0]) == "OTHER"
