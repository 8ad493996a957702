"""Leaving: a reader that breaks out, is cancelled or times out stops nothing and disturbs nobody."""

from __future__ import annotations

import asyncio

import anyio
import pytest

from miniagents import InteractionContext, MiniAgents, miniagent
from miniagents.core.errors import PromiseCancelledError
from tests.core.workers import Log, stubborn, working
from tests.laws.programs import Boom, turns
from tests.laws.readers import by_iteration
from tests.operators.in_no_time import in_no_time, now


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


@pytest.mark.parametrize("kind", ["asyncio", "anyio"])
async def test_the_block_of_a_call_is_left_when_the_call_has_stopped(kind: str) -> None:
    """Also where whoever waits for that is cancelled again and again, as an anyio scope does it."""
    log: Log = []
    async with MiniAgents():
        with pytest.raises(TimeoutError):
            if kind == "asyncio":
                async with asyncio.timeout(0.01), working.inquire(log=log, cleanup=0.02) as reply:
                    await reply
            else:
                with anyio.fail_after(0.01):
                    async with working.inquire(log=log, cleanup=0.02) as reply:
                        await reply
        assert log == ["agent began", "agent cleaned up"]


@in_no_time
async def test_a_block_that_is_cancelled_while_it_waits_is_left_by_that() -> None:
    log: Log = []

    async def body() -> None:
        async with working.inquire(log=log, cleanup=2):
            await turns(2)

    async with MiniAgents():
        task = asyncio.ensure_future(body())
        await asyncio.sleep(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert log == ["agent began", "agent cleaned up"]


@pytest.mark.parametrize("is_cancelled", [False, True])
@in_no_time
async def test_a_block_waits_for_a_stubborn_agent_as_long_as_nobody_wants_to_leave(
    is_cancelled: bool, caplog: pytest.LogCaptureFixture
) -> None:
    async def body() -> None:
        async with stubborn.inquire(seconds=30):
            await turns(2)

    async with MiniAgents():
        task = asyncio.ensure_future(body())
        await asyncio.sleep(1)
        if is_cancelled:
            task.cancel()
        await asyncio.wait([task])
        assert task.cancelled() == is_cancelled
        assert now() == pytest.approx(1 + MiniAgents.grace_seconds if is_cancelled else 30)
    assert ("STUBBORN" in caplog.text) == is_cancelled
    caplog.clear()
