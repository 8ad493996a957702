"""aiostream: chains of `pipe.map`, nested `concat`; its streams can be read once."""

from functools import partial
from time import perf_counter
from typing import Any

from aiostream import pipe, stream

from benchmarks import workloads as work
from benchmarks.workloads import Cases, Sample, Sizes, Source


def same(token: str, *_others: str) -> str:
    """The identity."""
    return token


async def mapped(source: Source, count: int, stages: int) -> Sample:
    """Stages of `pipe.map` in a row."""
    started = perf_counter()
    tokens: Any = stream.iterate(source(count))
    for _ in range(stages):
        tokens = tokens | pipe.map(same)
    async with tokens.stream() as opened:
        return await work.timed_items(opened, count, started)


def branch(level: int) -> Any:
    """The shared tree, without calls."""
    if level == work.TREE_DEPTH:
        return _joined([stream.iterate(work.LEAVES), stream.iterate(work.LEAVES)])
    return _joined([_joined([branch(level + 2) for _ in range(work.FAN)]) for _ in range(work.FAN)])


def _joined(streams: list[Any]) -> Any:
    return stream.concat(stream.iterate(streams))


async def tree() -> Sample:
    """The shared tree, read to its end."""
    started = perf_counter()
    async with branch(0).stream() as opened:
        return await work.timed_items(opened, work.TREE_MESSAGES, started)


def cases(sizes: Sizes) -> Cases:
    """What aiostream has means for."""
    burst, paced = (work.burst, sizes.burst_tokens), (work.paced, sizes.paced_tokens)
    return {
        "w1.burst.reyield.k1": partial(mapped, *burst, 1),
        "w1.burst.reyield.k8": partial(mapped, *burst, 8),
        "w1.paced.operators.k8": partial(mapped, *paced, 8),
        "w1.paced.reyield.k1": partial(mapped, *paced, 1),
        "w1.paced.reyield.k8": partial(mapped, *paced, 8),
        "first.burst.reyield.k8": partial(mapped, *burst, 8),
        "first.paced.reyield.k8": partial(mapped, *paced, 8),
        "w3.tree": tree,
    }
