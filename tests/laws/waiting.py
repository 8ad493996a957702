"""Agents that wait for what another one replies, and how long it takes until they are told that it is in vain."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import strategies as st

from miniagents import InteractionContext, MiniAgents, miniagent
from miniagents.core.errors import DeadlockError
from tests.laws.clock import run_in_no_time
from tests.laws.readers import ignore

Replies = dict[int, Any]
Waiting = Callable[[Any], Awaitable[object]]


async def by_await(reply: Any) -> object:
    return await reply


async def by_loop(reply: Any) -> object:
    return [promise async for promise in reply]


async def by_batch(reply: Any) -> object:
    return [batch async for batch in reply.batches()]


async def by_token(reply: Any) -> object:
    return [token async for promise in reply for token in [str(await promise)]]


WAYS: tuple[Waiting, ...] = (by_await, by_loop, by_batch, by_token)
ways: st.SearchStrategy[Waiting] = st.sampled_from(WAYS)


@miniagent
async def waiting(ctx: InteractionContext, way: Any, replies: Any, whom: int, before: float = 0.0) -> None:
    ctx.reply("about to wait")
    await asyncio.sleep(before)
    await way(replies[whom])


def seconds_until_error(awaited: Callable[[], Awaitable[object]]) -> tuple[DeadlockError, float]:
    """The error that `awaited` ends with, and how many virtual seconds that took."""

    async def main() -> tuple[DeadlockError, float]:
        async with MiniAgents(on_unobserved_error=ignore):
            with pytest.raises(DeadlockError) as caught:
                await awaited()
            return caught.value, asyncio.get_running_loop().time()

    return run_in_no_time(main())
