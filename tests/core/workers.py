"""Agents for tests: endless, calling an endless one, failing, slow, and not to be stopped."""

import asyncio
from contextlib import suppress
from typing import Any

from miniagents import InteractionContext, miniagent
from tests.laws.programs import turns

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


@miniagent
async def failing(_: InteractionContext, error: Any) -> None:
    raise error


@miniagent
async def slow(ctx: InteractionContext, log: list[str]) -> None:
    await turns(5)
    log.append("done")
    ctx.reply("done")


@miniagent
async def stubborn(_: InteractionContext, seconds: float) -> None:
    """Does not stop before so many seconds have passed, whoever tells it to."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while loop.time() < end:
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(end - loop.time())
