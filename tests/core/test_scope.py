"""Stopping a call by `cancel()`, and everything by leaving the context: what stops, and when."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import anyio
import pytest

from miniagents import InteractionContext, MiniAgents, miniagent
from miniagents.core.errors import PromiseCancelledError
from tests.core.workers import Log, calling, working
from tests.laws.clock import run_in_no_time
from tests.laws.programs import Boom, turns
from tests.laws.readers import by_iteration


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


@pytest.mark.parametrize("limit", [asyncio.timeout, anyio.fail_after], ids=["asyncio", "anyio"])
def test_a_timeout_around_the_context_stops_everything(limit: Callable[[float], Any]) -> None:
    log: Log = []
    context = MiniAgents()

    async def main() -> None:
        manager = limit(0.01)
        if hasattr(manager, "__aenter__"):
            async with manager, context:
                working(log=log)
        else:
            with manager:
                async with context:
                    working(log=log)

    with pytest.raises(TimeoutError):
        run_in_no_time(main())
    assert log == ["agent began", "agent cleaned up"]
    assert context.closed


@pytest.mark.parametrize("fails", [False, True], ids=["a wait", "an error"])
def test_cancelling_again_disturbs_neither_the_cleanup_nor_the_closing(fails: bool) -> None:
    log: Log = []
    context = MiniAgents()

    async def body() -> None:
        async with context:
            working(log=log, cleanup=1.0)
            await turns(2)
            if fails:
                raise Boom

    async def main() -> float:
        task = asyncio.ensure_future(body())
        await turns(5)
        for _ in range(3):
            task.cancel()
            await asyncio.sleep(0.1)
        with pytest.raises(asyncio.CancelledError):
            await task
        return asyncio.get_running_loop().time()

    assert run_in_no_time(main()) == pytest.approx(1.0)
    assert log == ["agent began", "agent cleaned up"]
    assert context.closed


@pytest.mark.parametrize("again", [0, 20])
def test_an_agent_that_swallows_its_cancellation_is_named_and_left_behind(
    again: int, caplog: pytest.LogCaptureFixture
) -> None:
    @miniagent
    async def stubborn(_: InteractionContext) -> None:
        for _ in range(2):
            try:
                await asyncio.sleep(10_000)
            except asyncio.CancelledError:
                continue

    async def body() -> None:
        async with MiniAgents():
            stubborn()
            await turns(2)
            raise Boom

    async def main() -> float:
        task = asyncio.ensure_future(body())
        await turns(5)
        for _ in range(again):
            task.cancel()
            await asyncio.sleep(0.1)
        with pytest.raises(asyncio.CancelledError if again else Boom):
            await task
        return asyncio.get_running_loop().time()

    assert run_in_no_time(main()) == pytest.approx(MiniAgents.grace_seconds)
    assert "STUBBORN" in caplog.text
    caplog.clear()
