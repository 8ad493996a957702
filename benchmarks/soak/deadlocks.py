"""Agents that wait for each other, planted to be found."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random
from time import perf_counter
from typing import Any

from miniagents import InteractionContext, MessageSequencePromise, miniagent
from miniagents.core.errors import DeadlockError

Replies = dict[int, MessageSequencePromise]


@dataclass(slots=True)
class Found:
    """Deadlocks, by kind: planted and found, and the longest time it took."""

    planted: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    longest: float = 0.0


@miniagent
async def waiting(ctx: InteractionContext, replies: Any, whom: int) -> None:
    """Waits for the reply of another, and replies with it."""
    ctx.reply(await replies[whom])


@miniagent
async def containing(ctx: InteractionContext, replies: Any) -> None:
    """Replies with a sequence that is its own reply."""
    ctx.reply(replies[0])


def ring(size: int) -> MessageSequencePromise:
    """Agents in a ring, each of which waits for the next."""
    replies: Replies = {}
    for number in range(size):
        replies[number] = waiting.fork(alias=f"MEMBER_{number}")(replies=replies, whom=(number + 1) % size)
    return replies[0]


def itself() -> MessageSequencePromise:
    """A reply that contains itself."""
    replies: Replies = {}
    replies[0] = containing(replies=replies)
    return replies[0]


KINDS: dict[str, Callable[[Random], MessageSequencePromise]] = {
    "a ring of agents": lambda random: ring(random.randint(2, 6)),
    "an agent that waits for its own reply": lambda _: ring(1),
    "a reply that contains itself": lambda _: itself(),
}


async def plant(seed: int, count: int) -> Found:
    """Plants `count` deadlocks of every kind at random moments and waits for all to be found."""
    random = Random(seed)
    result = Found()
    todo: list[Awaitable[None]] = []
    for kind, make in KINDS.items():
        result.planted[kind] += count
        todo += [_find(result, kind, make, random) for _ in range(count)]
    await asyncio.gather(*todo)
    return result


async def _find(result: Found, kind: str, make: Callable[[Random], MessageSequencePromise], random: Random) -> None:
    await asyncio.sleep(random.uniform(0.0, 2.0))
    started = perf_counter()
    try:
        await make(random)
    except DeadlockError:
        result.found[kind] += 1
        result.longest = max(result.longest, perf_counter() - started)
