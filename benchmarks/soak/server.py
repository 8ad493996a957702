"""A context that is activated and never ends, as in a server, and what its memory does over many calls."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc
from dataclasses import dataclass, field
from random import Random
from time import perf_counter

from benchmarks.soak.agents import call
from benchmarks.soak.plans import CANCELLING, Plan, plans
from benchmarks.soak.progress import Step
from benchmarks.soak.readers import read
from miniagents import MiniAgents

WORKERS = 50
"""How many requests are served at a time."""
LOOKS = 10
"""How often memory is looked at."""


@dataclass(slots=True)
class Served:
    """What came of it."""

    calls: int
    seconds: float = 0.0
    memory: list[int] = field(default_factory=list)
    """Bytes held after each tenth of the calls, with nothing running."""
    tasks: int = 0
    """Tasks that were left at the end."""

    @property
    def growth(self) -> int:
        """Bytes held at the end more than after the first tenth."""
        return self.memory[-1] - self.memory[0]


async def serve(seed: int, calls: int, step: Step) -> Served:
    """Serves `calls` requests, a few at a time."""
    MiniAgents(on_unobserved_error=lambda _, __: None).activate()
    served = Served(calls)
    random = Random(seed)
    started = perf_counter()
    tracemalloc.start(1)
    try:
        for _ in range(LOOKS):
            todo = plans(random.getrandbits(32), calls // LOOKS, 0.0)
            await asyncio.gather(*[_work(todo, step) for _ in range(WORKERS)])
            del todo
            await asyncio.sleep(0.01)
            gc.collect()
            served.memory.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    served.seconds = perf_counter() - started
    served.tasks = len(asyncio.all_tasks()) - 1
    return served


async def _work(todo: list[Plan], step: Step) -> None:
    while todo:
        plan = todo.pop()
        reply = call(plan)
        if plan.fault in CANCELLING:
            await asyncio.sleep(0)
            reply.cancel()
        await read(reply, plan)
        step()
