"""reactivex alone: `ReplaySubject` and operators, by callbacks, without a turn of the event loop in between."""

import asyncio
from functools import partial
from time import perf_counter
from typing import Any

import reactivex
from reactivex import operators
from reactivex.subject import ReplaySubject

from benchmarks import workloads as work
from benchmarks.workloads import Cases, Sample, Sizes, Source, finished


class Counter:
    """A subscriber that counts and notes when the first item came."""

    def __init__(self) -> None:
        self.count = 0
        self.first = 0.0

    def on_next(self, _item: object) -> None:
        """Counts one."""
        if not self.count:
            self.first = perf_counter()
        self.count += 1


def same(token: str) -> str:
    """The identity."""
    return token


async def push(source: Source, count: int, subject: "ReplaySubject[str]") -> None:
    """Copies a source into a subject."""
    async for token in source(count):
        subject.on_next(token)
    subject.on_completed()


async def mapped(source: Source, count: int, stages: int) -> Sample:
    """Stages of `map` behind one replay subject."""
    started, counter = perf_counter(), Counter()
    subject: ReplaySubject[str] = ReplaySubject()
    last: reactivex.Observable[str] = subject
    for _ in range(stages):
        last = last.pipe(operators.map(same))
    last.subscribe(counter.on_next)
    await push(source, count, subject)
    return finished(counter.count, count, started, counter.first)


async def replayed_by_each(source: Source, count: int, stages: int) -> Sample:
    """Each stage keeps its own copy for late subscribers, as each agent of ours does."""
    started, counter = perf_counter(), Counter()
    first: ReplaySubject[str] = ReplaySubject()
    last = first
    for _ in range(stages):
        before, last = last, ReplaySubject()
        before.subscribe(last)
    last.subscribe(counter.on_next)
    await push(source, count, first)
    return finished(counter.count, count, started, counter.first)


async def replay(count: int, readers: int) -> Sample:
    """Late subscribers of a finished subject."""
    subject: ReplaySubject[str] = ReplaySubject()
    await push(work.burst, count, subject)
    counters = [Counter() for _ in range(readers)]
    started = perf_counter()
    for counter in counters:
        subject.subscribe(counter.on_next)
    return finished(sum(counter.count for counter in counters), count * readers, started)


async def live(source: Source, count: int, readers: int) -> Sample:
    """Subscribers that are there before the first token."""
    subject: ReplaySubject[str] = ReplaySubject()
    counters = [Counter() for _ in range(readers)]
    for counter in counters:
        subject.subscribe(counter.on_next)
    started = perf_counter()
    await push(source, count, subject)
    return finished(sum(counter.count for counter in counters), count * readers, started)


def branch(level: int) -> "reactivex.Observable[Any]":
    """The shared tree, without calls."""
    if level == work.TREE_DEPTH:
        return reactivex.concat(reactivex.from_iterable(work.LEAVES), reactivex.from_iterable(work.LEAVES))
    inner = [reactivex.concat(*[branch(level + 2) for _ in range(work.FAN)]) for _ in range(work.FAN)]
    return reactivex.concat(*inner)


async def tree() -> Sample:
    """The shared tree, subscribed to."""
    started, counter = perf_counter(), Counter()
    branch(0).subscribe(counter.on_next)
    await asyncio.sleep(0)
    return finished(counter.count, work.TREE_MESSAGES, started)


def cases(sizes: Sizes) -> Cases:
    """What reactivex has means for."""
    burst, paced = (work.burst, sizes.burst_tokens), (work.paced, sizes.paced_tokens)
    return {
        "w1.burst.reyield.k1": partial(replayed_by_each, *burst, 1),
        "w1.burst.reyield.k8": partial(replayed_by_each, *burst, 8),
        "w1.paced.operators.k8": partial(mapped, *paced, 8),
        "w1.paced.reyield.k1": partial(replayed_by_each, *paced, 1),
        "w1.paced.reyield.k8": partial(replayed_by_each, *paced, 8),
        "first.burst.reyield.k8": partial(replayed_by_each, *burst, 8),
        "first.paced.reyield.k8": partial(replayed_by_each, *paced, 8),
        "w2.replay": partial(replay, sizes.replay_tokens, work.READERS),
        "w2.live.burst": partial(live, work.burst, sizes.replay_tokens, work.READERS),
        "w2.live.paced": partial(live, work.paced, sizes.live_paced_tokens, work.READERS),
        "w3.tree": tree,
    }
