"""Cancellation: gesture by gesture, what stops and what each reader sees."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import anyio
import pytest

from miniagents import InteractionContext, Message, MessageSequencePromise, MiniAgents, Promise, miniagent
from miniagents.core.errors import PromiseCancelledError
from tests.laws.clock import run_in_no_time
from tests.laws.programs import Boom, turns
from tests.laws.readers import by_iteration

Log = list[str]


@miniagent
async def working(ctx: InteractionContext, log: Log, name: str = "agent", cleanup: float = 0.0) -> None:
    log.append(f"{name} began")
    ctx.reply(f"from {name}")
    try:
        await asyncio.Event().wait()
    finally:
        await asyncio.sleep(cleanup)
        log.append(f"{name} cleaned up")


@miniagent
async def calling(ctx: InteractionContext, log: Log, name: str = "caller") -> None:
    ctx.reply(working(log=log, name="callee"))
    try:
        await asyncio.Event().wait()
    finally:
        log.append(f"{name} cleaned up")


# --- leaving


async def test_breaking_out_of_a_loop_stops_nothing() -> None:
    log: Log = []
    async with MiniAgents():
        reply = working(log=log)
        async for _ in reply:
            break
        await turns(3)
        assert log == ["agent began"]
        reply.cancel()


async def test_cancelling_a_reader_stops_nothing() -> None:
    log: Log = []
    async with MiniAgents():
        reply = working(log=log)
        reader = asyncio.ensure_future(by_iteration(reply))
        await turns(3)
        reader.cancel()
        await turns(3)
        assert log == ["agent began"]
        assert reader.cancelled()
        reply.cancel()


@pytest.mark.parametrize("kind", ["asyncio", "anyio"])
async def test_a_reader_that_times_out_stops_nothing(kind: str) -> None:
    log: Log = []
    async with MiniAgents():
        reply = working(log=log)
        await turns(2)
        with pytest.raises(TimeoutError):
            if kind == "asyncio":
                async with asyncio.timeout(0.001):
                    await reply
            else:
                with anyio.fail_after(0.001):
                    await reply
        assert log == ["agent began"]
        reply.cancel()


async def test_wait_for_times_out_as_usual() -> None:
    log: Log = []
    async with MiniAgents():
        reply = working(log=log)

        async def awaiting() -> None:
            await reply

        with pytest.raises(TimeoutError):
            await asyncio.wait_for(awaiting(), 0.001)
        assert log == ["agent began"]
        reply.cancel()


async def test_an_anyio_scope_is_left_by_its_own_cancellation_only() -> None:
    log: Log = []
    async with MiniAgents():
        reply = working(log=log)
        with anyio.move_on_after(0.001) as scope:
            await reply
        assert scope.cancelled_caught
        assert log == ["agent began"]
        reply.cancel()


async def test_a_task_group_that_fails_cancels_its_readers_and_nothing_else() -> None:
    log: Log = []

    async def failing() -> None:
        await turns(2)
        raise Boom

    async def reading() -> None:
        await reply

    async with MiniAgents():
        reply = working(log=log)
        with pytest.raises(ExceptionGroup):
            async with asyncio.TaskGroup() as group:
                group.create_task(reading())
                group.create_task(failing())
        assert log == ["agent began"]
        reply.cancel()


async def test_a_cancelled_promise_fails_a_task_group_as_an_error_does() -> None:
    log: Log = []

    async def reading() -> None:
        await reply

    async with MiniAgents():
        reply = working(log=log)
        with pytest.raises(ExceptionGroup) as caught:
            async with asyncio.TaskGroup() as group:
                group.create_task(reading())
                await turns(2)
                reply.cancel()
        assert caught.group_contains(PromiseCancelledError)


async def test_a_cancellation_requested_before_the_wait_counts() -> None:
    log: Log = []
    async with MiniAgents():
        reply = working(log=log)
        await turns(2)

        async def reading() -> None:
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
            await reply

        reader = asyncio.ensure_future(reading())
        await turns(5)
        assert reader.cancelled()
        reply.cancel()


async def test_one_cancelled_reader_of_four_leaves_three() -> None:
    gate = asyncio.Event()

    @miniagent
    async def gated(ctx: InteractionContext) -> None:
        await gate.wait()
        ctx.reply("done")

    async def awaiting() -> int:
        return len(await reply)

    async with MiniAgents():
        reply = gated()
        readers = [asyncio.ensure_future(awaiting()) for _ in range(4)]
        await turns(3)
        readers[1].cancel()
        await turns(3)
        gate.set()
        assert await asyncio.gather(readers[0], readers[2], readers[3]) == [1, 1, 1]


# --- stopping a call


async def test_cancel_stops_the_agent_and_its_calls() -> None:
    log: Log = []
    async with MiniAgents():
        reply = calling(log=log)
        await turns(3)
        assert reply.cancel() is True
        with pytest.raises(PromiseCancelledError):
            await reply
        assert sorted(log) == ["callee began", "callee cleaned up", "caller cleaned up"]
        assert reply.cancel() is False


async def test_cancel_returns_at_once() -> None:
    log: Log = []
    async with MiniAgents():
        reply = working(log=log)
        await turns(2)
        reply.cancel()
        assert log == ["agent began"]


async def test_the_error_names_the_call_and_carries_the_pieces() -> None:
    async with MiniAgents():
        reply = working(log=[])
        await turns(2)
        reply.cancel()
        view = await by_iteration(reply)
        assert isinstance(view.end, PromiseCancelledError)
        assert "WORKING" in str(view.end)
        assert [str(await piece) for piece in view.pieces] == ["from agent"]
        assert list(view.end.partial) == view.pieces


async def test_leaving_the_block_of_a_call_stops_and_joins_it() -> None:
    log: Log = []
    async with MiniAgents():
        async with working.inquire(log=log, cleanup=0.001) as reply:
            async for _ in reply:
                break
        assert log == ["agent began", "agent cleaned up"]


async def test_leaving_the_block_by_an_exception_stops_the_call_too() -> None:
    log: Log = []
    async with MiniAgents():
        with pytest.raises(Boom):
            async with working.inquire(log=log):
                await turns(2)
                raise Boom
        assert log == ["agent began", "agent cleaned up"]


async def test_the_block_of_a_call_that_has_ended_does_nothing() -> None:
    @miniagent
    async def quick(ctx: InteractionContext) -> None:
        ctx.reply("done")

    async with MiniAgents():
        async with quick() as reply:
            assert len(await reply) == 1
        assert len(await reply) == 1


def test_a_second_cancel_does_not_disturb_the_cleanup() -> None:
    log: Log = []

    async def main() -> None:
        async with MiniAgents():
            reply = working(log=log, cleanup=1.0)
            await turns(2)
            for _ in range(5):
                assert reply.cancel() is True
                await asyncio.sleep(0.1)
            with pytest.raises(PromiseCancelledError):
                await reply
            assert asyncio.get_running_loop().time() == pytest.approx(1.0)

    run_in_no_time(main())
    assert log == ["agent began", "agent cleaned up"]


async def test_cancel_is_true_while_calls_of_a_finished_agent_run() -> None:
    log: Log = []

    @miniagent
    async def quick(ctx: InteractionContext) -> None:
        working(log=log)
        ctx.reply("done")

    async with MiniAgents():
        reply = quick()
        await turns(4)
        assert reply.cancel() is True
        assert len(await reply) == 1, "the reply had ended before"
        await turns(3)
        assert log == ["agent began", "agent cleaned up"]
        assert reply.cancel() is False


async def test_cancel_before_the_first_step() -> None:
    log: Log = []
    async with MiniAgents():
        reply = working(log=log)
        assert reply.cancel() is True
        with pytest.raises(PromiseCancelledError):
            await reply
    assert log == []


async def test_cancel_of_a_lazy_call_that_has_not_begun() -> None:
    log: Log = []
    async with MiniAgents():
        reply = working(start_asap=False, log=log)
        assert reply.cancel() is False
        with pytest.raises(PromiseCancelledError):
            await reply
        await turns(3)
    assert log == []


async def test_a_call_that_another_one_made_and_reads_outlives_its_reader_only() -> None:
    log: Log = []

    @miniagent
    async def reading(ctx: InteractionContext) -> None:
        await ctx.message_promises

    async with MiniAgents():
        source = working(log=log)
        reader = reading(source)
        await turns(3)
        reader.cancel()
        await by_iteration(reader)
        assert log == ["agent began"]
        source.cancel()


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


# --- stopping everything


async def test_leaving_the_context_by_an_exception_stops_everything_and_leaves_as_itself() -> None:
    log: Log = []
    with pytest.raises(Boom):
        async with MiniAgents():
            reply = calling(log=log)
            working.kick_off(log=log, name="detached")
            await turns(4)
            raise Boom
    assert sorted(line for line in log if "cleaned" in line) == [
        "callee cleaned up",
        "caller cleaned up",
        "detached cleaned up",
    ]
    assert isinstance((await by_iteration(reply)).end, PromiseCancelledError)


async def test_cancelling_the_task_of_the_context_stops_everything() -> None:
    log: Log = []

    async def main() -> None:
        async with MiniAgents():
            working(log=log)
            await asyncio.Event().wait()

    task = asyncio.ensure_future(main())
    await turns(3)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert log == ["agent began", "agent cleaned up"]


async def test_cancelling_the_task_while_the_context_closes_stops_everything() -> None:
    log: Log = []

    async def main() -> None:
        async with MiniAgents():
            working(log=log)

    task = asyncio.ensure_future(main())
    await turns(5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert log == ["agent began", "agent cleaned up"]


@pytest.mark.parametrize("scope", [lambda: asyncio.timeout(0.01), lambda: anyio.fail_after(0.01)])
async def test_a_timeout_around_the_context_stops_everything(scope: Callable[[], Any]) -> None:
    log: Log = []
    with pytest.raises(TimeoutError):
        manager = scope()
        if hasattr(manager, "__aenter__"):
            async with manager, MiniAgents():
                working(log=log)
        else:
            with manager:
                async with MiniAgents():
                    working(log=log)
    assert log == ["agent began", "agent cleaned up"]


def test_an_agent_that_swallows_its_cancellation_is_named_and_left_behind(caplog: pytest.LogCaptureFixture) -> None:
    @miniagent
    async def stubborn(_: InteractionContext) -> None:
        for _ in range(2):
            try:
                await asyncio.sleep(10_000)
            except asyncio.CancelledError:
                continue

    async def main() -> float:
        with pytest.raises(Boom):
            async with MiniAgents():
                stubborn()
                await turns(2)
                raise Boom
        return asyncio.get_running_loop().time()

    assert run_in_no_time(main()) == pytest.approx(MiniAgents.grace_seconds)
    assert "STUBBORN" in caplog.text
    caplog.clear()
