"""Faults of the original that must not come back."""

import asyncio
import subprocess
import sys

import pytest

from miniagents import InteractionContext, Message, MiniAgents, Promise, miniagent
from miniagents.ext import in_memory_history_agent
from tests.ext.terminal import child_environment
from tests.seed.seen import texts


async def test_cancelling_one_awaiter_of_a_lazy_promise_leaves_it_good_for_the_next() -> None:
    gate = asyncio.Event()

    async def resolver(_: object) -> str:
        await gate.wait()
        return "value"

    async with MiniAgents():
        promise = Promise(resolver=resolver, start_asap=False)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(promise, timeout=0.001)
        gate.set()
        assert await promise == "value"


async def test_a_producer_that_nobody_wants_any_more_can_be_stopped() -> None:
    stopped = []

    @miniagent
    async def endless(ctx: InteractionContext) -> None:
        try:
            while True:
                ctx.reply("more")
                await asyncio.sleep(0)
        finally:
            stopped.append(True)

    async with MiniAgents():
        async with endless.inquire() as reply:
            async for _ in reply:
                break
        assert stopped == [True]


async def test_a_fork_of_the_history_agent_keeps_its_list() -> None:
    async with MiniAgents():
        fork = in_memory_history_agent.fork(return_full_history=True)
        await fork.inquire("a")
        assert await texts(fork.inquire("b")) == ["a", "b"]


async def test_a_later_fork_overrides_an_earlier_one() -> None:
    @miniagent
    async def agent(ctx: InteractionContext, model: str = "a") -> None:
        ctx.reply(model)

    async with MiniAgents():
        assert await texts(agent.fork(model="b").fork(model="c").inquire()) == ["c"]


def test_an_error_of_a_kicked_off_agent_is_no_exit_code_0() -> None:
    program = (
        "from miniagents import MiniAgents, miniagent\n"
        "@miniagent\n"
        "async def failing(ctx): raise ValueError('boom')\n"
        "async def main(): failing.kick_off()\n"
        "MiniAgents().run(main())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env=child_environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "ValueError: boom" in done.stderr


def test_a_hash_key_needs_no_context_and_is_not_cut() -> None:
    assert len(Message("a").hash_key) == 64


async def test_an_agent_may_end_with_an_inquiry_that_it_has_not_finished() -> None:
    @miniagent
    async def careless(ctx: InteractionContext) -> None:
        call = listener.initiate_inquiry()
        call.send_message("hello?")
        ctx.keep_open_for(first_of(call.reply_sequence(close_request_sequence=False)))
        ctx.reply("done")
        calls.append(call)

    async def first_of(reply: object) -> None:
        async for _ in reply:  # type: ignore[attr-defined]
            break

    @miniagent
    async def listener(ctx: InteractionContext) -> None:
        async for promise in ctx.message_promises:
            ctx.reply(f"heard {await promise}")

    calls: list[object] = []
    async with MiniAgents():
        assert await texts(careless.inquire()) == ["done"]
        calls[0].finish()  # type: ignore[attr-defined]
