"""What a cancelled call is to others: to its cleanup, to those who called it, and to those who read it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from miniagents import InteractionContext, Message, MessageSequencePromise, MiniAgents, Promise, miniagent
from miniagents.core.errors import PromiseCancelledError
from tests.core.workers import Log, working
from tests.laws.clock import run_in_no_time
from tests.laws.programs import Boom, turns
from tests.laws.readers import READERS, Reader, by_iteration


async def test_a_kicked_off_call_outlives_the_call_that_made_it() -> None:
    log: Log = []
    gate = asyncio.Event()

    @miniagent
    async def detached(_: InteractionContext) -> None:
        await gate.wait()
        log.append("done")

    @miniagent
    async def starting(_: InteractionContext) -> None:
        detached.kick_off()
        await asyncio.Event().wait()

    async with MiniAgents():
        reply = starting()
        await turns(3)
        reply.cancel()
        await by_iteration(reply)
        gate.set()
    assert log == ["done"]


async def test_an_error_of_the_cleanup_is_reported() -> None:
    boom = Boom()
    traces: list[str] = []

    @miniagent
    async def broken(_: InteractionContext) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            raise boom

    async with MiniAgents(on_unobserved_error=lambda error, trace: traces.append(f"{error is boom} {trace}")):
        reply = broken()
        await turns(2)
        reply.cancel()
        with pytest.raises(PromiseCancelledError):
            await reply
    assert traces == ["True BROKEN"]


async def test_ones_own_cancel_is_never_unobserved() -> None:
    async with MiniAgents():
        reply = working(log=[])
        await turns(2)
        reply.cancel()


async def test_a_cancelled_message_keeps_its_tokens() -> None:
    async def streamer(_: object) -> AsyncIterator[str]:
        yield "half a "
        yield "sentence"
        await asyncio.Event().wait()

    async with MiniAgents():
        promise = Message.promise(message_token_streamer=streamer)
        await turns(2)
        promise.cancel()
        with pytest.raises(PromiseCancelledError) as caught:
            await promise
        assert caught.value.partial == ("half a ", "sentence")
        assert (await by_iteration(promise)).pieces == ["half a ", "sentence"]


async def test_cancelling_a_task_from_outside_is_no_bare_cancellation_for_readers() -> None:
    tasks: list[Any] = []

    @miniagent
    async def agent(_: InteractionContext) -> None:
        tasks.append(asyncio.current_task())
        await asyncio.Event().wait()

    async with MiniAgents():
        reply = agent()
        await turns(2)
        tasks[0].cancel()
        with pytest.raises(PromiseCancelledError):
            await reply


async def test_an_agent_that_raises_cancelled_error_itself_is_a_cancelled_call() -> None:
    @miniagent
    async def agent(_: InteractionContext) -> None:
        raise asyncio.CancelledError

    async with MiniAgents():
        with pytest.raises(PromiseCancelledError):
            await agent()


async def test_the_cancellation_of_a_callee_is_an_ordinary_error_for_its_caller() -> None:
    replies: list[MessageSequencePromise] = []

    @miniagent
    async def caller(ctx: InteractionContext) -> None:
        replies.append(working(log=[]))
        try:
            await replies[0]
        except PromiseCancelledError:
            ctx.reply("the callee was cancelled")

    async with MiniAgents():
        reply = caller()
        await turns(4)
        replies[0].cancel()
        assert [str(message) for message in await reply] == ["the callee was cancelled"]


async def test_a_promise_with_a_resolver_can_be_cancelled() -> None:
    async def resolver(_: object) -> None:
        await asyncio.Event().wait()

    async with MiniAgents():
        promise: Promise[None] = Promise(resolver=resolver)
        await turns(2)
        assert promise.cancel()
        with pytest.raises(PromiseCancelledError):
            await promise


async def test_what_a_cancelled_reply_was_to_be_kept_open_for_is_let_go_quietly() -> None:
    @miniagent
    async def holding(ctx: InteractionContext) -> None:
        ctx.keep_open_for(turns(1))
        await asyncio.Event().wait()

    async with MiniAgents():
        reply = holding()
        await turns(2)
        reply.cancel()


async def test_a_coroutine_that_was_replied_but_never_begun_is_let_go_quietly() -> None:
    @miniagent
    async def replying(ctx: InteractionContext) -> None:
        ctx.reply(_text())
        raise asyncio.CancelledError

    async with MiniAgents():
        assert isinstance((await by_iteration(replying())).end, PromiseCancelledError)


async def test_a_coroutine_in_a_lazy_reply_that_nobody_looked_at_is_let_go_quietly() -> None:
    async with MiniAgents(start_asap=False):
        MessageSequencePromise(_text())


async def _text() -> str:
    return "text"


@pytest.mark.parametrize("reader", READERS)
async def test_cancelling_a_call_that_has_failed_tells_of_its_parts_first(reader: Reader) -> None:
    """Its own error stands behind what it has replied, and that was cancelled."""
    log: Log = []

    @miniagent
    async def failing(ctx: InteractionContext) -> None:
        ctx.reply(working(log=log))
        raise Boom

    async with MiniAgents():
        reply = failing()
        await turns(4)
        assert reply.cancel()
        view = await reader(reply)
    assert log == ["agent began", "agent cleaned up"]
    assert isinstance(view.end, PromiseCancelledError)
    assert "WORKING" in str(view.end)


async def test_a_reader_hears_of_it_only_when_the_whole_call_has_stopped() -> None:
    log: Log = []

    @miniagent
    async def outer(ctx: InteractionContext) -> None:
        ctx.reply(["from outer", working(log=log)])
        try:
            await asyncio.Event().wait()
        finally:
            await turns(10)
            log.append("outer cleaned up")

    async with MiniAgents():
        reply = outer()
        await turns(4)
        reply.cancel()
        view = await by_iteration(reply)
        assert log == ["agent began", "agent cleaned up", "outer cleaned up"]
        assert isinstance(view.end, PromiseCancelledError)
        assert "OUTER" in str(view.end)
        assert len(view.pieces) == 2


@pytest.mark.parametrize("reader", READERS)
async def test_the_cancellation_of_a_part_is_heard_of_though_the_whole_works_on(reader: Reader) -> None:
    parts: list[MessageSequencePromise] = []

    @miniagent
    async def outer(ctx: InteractionContext) -> None:
        parts.append(working(log=[]))
        ctx.reply(["from outer", parts[0]])
        await asyncio.Event().wait()

    async with MiniAgents():
        reply = outer()
        await turns(4)
        parts[0].cancel()
        async with asyncio.timeout(5):
            view = await reader(reply)
        assert "WORKING" in str(view.end)
        assert len(view.pieces) == 2
        reply.cancel()


async def test_the_error_of_a_cancelled_call_carries_what_its_parts_had_said() -> None:
    @miniagent
    async def outer(ctx: InteractionContext) -> None:
        ctx.reply(["a", ["b", MessageSequencePromise([*"cdefgh", working(log=[])]), "not reached"], "i"])
        await asyncio.Event().wait()

    async with MiniAgents():
        reply = outer()
        await turns(4)
        reply.cancel()
        error = (await by_iteration(reply)).end
        assert isinstance(error, PromiseCancelledError)
        said = [str(await promise) for promise in error.partial]
        assert said == [*"abcdefgh", "from agent", "not reached", "i"]


def test_whoever_has_swallowed_a_cancellation_waits_without_turning() -> None:
    async def stubborn(reply: MessageSequencePromise) -> int:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return len(await reply)
        return 0

    @miniagent
    async def slow(ctx: InteractionContext) -> None:
        await asyncio.sleep(60)
        ctx.reply("at last")

    async def main() -> int:
        async with MiniAgents():
            task = asyncio.ensure_future(stubborn(slow()))
            await turns(2)
            task.cancel()
            return await task

    assert run_in_no_time(main()) == 1
