"""Thousands of calls of the pipeline at once, each with the faults of its plan."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from time import perf_counter

from benchmarks.soak.agents import call
from benchmarks.soak.deadlocks import Found, plant
from benchmarks.soak.gauges import Held, Stalls, held
from benchmarks.soak.plans import LEAVING, Plan, plans
from benchmarks.soak.progress import Step
from benchmarks.soak.readers import View, leave, read, subscribe_and_raise
from benchmarks.soak.verdicts import Accounts
from miniagents import MiniAgents

CALLS_PER_TURN = 20
"""How many calls are started before the loop may turn: starting thousands in a row would be a stall of our own."""


@dataclass(slots=True)
class Load:
    """One such load, while it runs and afterwards."""

    seed: int
    seconds: float = 0.0
    accounts: Accounts = field(default_factory=Accounts)
    deadlocks: Found = field(default_factory=Found)
    stalls: Stalls = field(default_factory=Stalls)
    most_at_once: int = 0
    reported: Counter[str] = field(default_factory=Counter)
    """Errors that the context has made known because nobody observed them, by class."""
    left: Held | None = None
    _open: int = 0

    def report(self, error: BaseException, _: str) -> None:
        """What the context is to do with errors that nobody observed."""
        self.reported[type(error).__name__] += 1

    async def make(self, plan: Plan, step: Step) -> None:
        """One call, from its beginning to its last reader."""
        self._open += 1
        self.most_at_once = max(self.most_at_once, self._open)
        try:
            await self._read_and_check(plan)
        finally:
            self._open -= 1
            step()

    async def _read_and_check(self, plan: Plan) -> None:
        reply = call(plan)
        if plan.fault == "a callback raises":
            subscribe_and_raise(reply)
        early = [asyncio.ensure_future(read(reply, plan)) for _ in range(2)]
        asked_at = 0.0
        if plan.fault in LEAVING:
            await leave(reply, plan)
        elif plan.fault == "cancel()":
            await asyncio.sleep(plan.strikes_after)
            asked_at = perf_counter()
            reply.cancel()
        elif plan.fault == "the block of the call is left":
            async with reply:
                await asyncio.sleep(plan.strikes_after)
                asked_at = perf_counter()
        views: list[View] = list(await asyncio.gather(*early))
        if asked_at and views[0].heard:
            self.accounts.cancellation(asked_at, views[0])
        await asyncio.sleep(plan.late_by)
        views.append(await read(reply, plan))
        self.accounts.check(plan, views)


async def load(seed: int, calls: int, seconds: float, rings: int, step: Step, warm_up: int = 50) -> Load:
    """`calls` calls at once, which last up to about `seconds`, and `rings` deadlocks among them.

    What is left is counted from the end of a `warm_up` of so many calls: tables that grow once, with
    how much there is at a time, are not what is left.
    """
    await _run(Load(seed), plans(seed + 1, warm_up, seconds * warm_up / calls), 2, lambda: None)
    before = await held()
    result = Load(seed)
    started = perf_counter()
    await _run(result, plans(seed, calls, seconds), rings, step)
    result.seconds = perf_counter() - started
    result.left = (await held()).since(before)
    return result


async def _run(result: Load, todo: list[Plan], rings: int, step: Step) -> None:
    async with result.stalls.watched(), MiniAgents(on_unobserved_error=result.report):
        tasks: list[asyncio.Task[None]] = []
        for number, plan in enumerate(todo):
            tasks.append(asyncio.ensure_future(result.make(plan, step)))
            if number % CALLS_PER_TURN == 0:
                await asyncio.sleep(0)
        result.deadlocks = await plant(result.seed, rings)
        await asyncio.gather(*tasks)
