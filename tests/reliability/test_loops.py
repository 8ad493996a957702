"""Many event loops in one process: each has a context of its own, and none disturbs another."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from miniagents import InteractionContext, MessageSequencePromise, MiniAgents, miniagent
from miniagents.core.errors import NoActiveContextError, WrongActiveContextError
from tests.laws.programs import turns
from tests.loop import run

THREADS = 6


@miniagent
async def naming(ctx: InteractionContext, barrier: threading.Barrier, loops: dict[str, object]) -> None:
    async for promise in ctx.message_promises:
        name = str(await promise)
        loops[name] = asyncio.get_running_loop()
        await asyncio.to_thread(barrier.wait, 5)  # all loops are in the middle of a call now
        ctx.reply(f"{name} on {MiniAgents.current().loop is asyncio.get_running_loop()}")


def test_loops_of_several_threads_run_at_once_each_with_its_own_context() -> None:
    barrier, loops = threading.Barrier(THREADS), dict[str, object]()

    async def main(name: str) -> list[str]:
        async with MiniAgents():
            return [str(message) for message in await naming(name, barrier=barrier, loops=loops)]

    with ThreadPoolExecutor(THREADS) as threads:
        replies = list(threads.map(lambda number: asyncio.run(main(f"{number}")), range(THREADS)))
    assert replies == [[f"{number} on True"] for number in range(THREADS)]
    assert len(set(map(id, loops.values()))) == THREADS


def test_a_loop_after_another_has_nothing_of_the_first() -> None:
    async def first() -> None:
        MiniAgents().activate()

    async def second() -> None:
        with pytest.raises(NoActiveContextError):
            MessageSequencePromise("x")

    run(first())
    run(second())


async def test_the_context_of_one_loop_is_not_that_of_another() -> None:
    async def elsewhere() -> None:
        with pytest.raises(WrongActiveContextError, match="each loop needs its own"):
            MessageSequencePromise("x")

    async with MiniAgents():
        await asyncio.to_thread(asyncio.run, elsewhere())  # with the context variables of this loop


@pytest.mark.parametrize("gesture", ["await", "async for", "settled"])
async def test_an_open_promise_that_is_handed_to_another_loop_says_what_to_do(gesture: str) -> None:
    async def elsewhere(reply: MessageSequencePromise) -> None:
        with pytest.raises(WrongActiveContextError, match="run_coroutine_threadsafe"):
            match gesture:
                case "await":
                    await reply
                case "settled":
                    await reply.settled()
                case _:
                    async for _ in reply:
                        pass

    @miniagent
    async def waiting(ctx: InteractionContext) -> None:
        await done.wait()
        ctx.reply("x")

    done = asyncio.Event()
    async with MiniAgents():
        reply = waiting()
        await turns(2)
        await asyncio.to_thread(asyncio.run, elsewhere(reply))
        done.set()
        assert len(await reply) == 1, "and nobody else is disturbed"


async def test_its_value_can_be_fetched_from_another_loop() -> None:
    async def fetch(reply: MessageSequencePromise, loop: asyncio.AbstractEventLoop) -> str:
        async def whole() -> str:
            return str((await reply)[0])

        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(whole(), loop))

    async with MiniAgents():
        reply = MessageSequencePromise("x")
        assert await asyncio.to_thread(asyncio.run, fetch(reply, asyncio.get_running_loop())) == "x"
