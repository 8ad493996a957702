"""Leaving: a reader that breaks out, is cancelled or times out stops nothing and disturbs nobody."""

from __future__ import annotations

import asyncio

import anyio
import pytest

from miniagents import InteractionContext, MiniAgents, miniagent
from miniagents.core.errors import PromiseCancelledError
from tests.core.workers import Log, working
from tests.laws.programs import Boom, turns
from tests.laws.readers import by_iteration


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
