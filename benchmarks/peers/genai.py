"""genai-processors: chains of processors, `streams.split` for many readers, `streams.concat` for nesting."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator
from functools import partial
from time import perf_counter
from typing import Any

from genai_processors import content_api, context, processor, streams

from benchmarks import workloads as work
from benchmarks.workloads import Cases, Sample, Sizes, Source, finished

Part: Any = content_api.ProcessorPart


async def _passed(content: AsyncIterable[object]) -> AsyncIterator[object]:
    async for part in content:
        yield part


async def chained(source: Source, count: int, stages: int) -> Sample:
    """Processors in a row."""

    async def produced(content: AsyncIterable[object]) -> AsyncIterator[object]:
        await work.count_items(content)
        async for token in source(count):
            yield Part(token)

    chain: Any = processor.processor_function(produced)
    for _ in range(stages):
        chain = chain + processor.processor_function(_passed)
    started = perf_counter()
    return await work.timed_items(chain("x"), count, started)


async def replay(count: int, readers: int) -> Sample:
    """A finished list of parts, read again and again."""
    content = processor.ProcessorContent([Part(work.TOKEN)] * count)
    started = perf_counter()
    counts = await asyncio.gather(*[work.count_items(content) for _ in range(readers)])
    return finished(sum(counts), count * readers, started)


async def live(source: Source, count: int, readers: int) -> Sample:
    """One source split before it starts."""
    part = Part(work.TOKEN)

    async def parts() -> AsyncIterator[object]:
        async for _ in source(count):
            yield part

    started = perf_counter()
    async with context.context():
        copies = streams.split(parts(), n=readers)
        counts = await asyncio.gather(*[work.count_items(copy) for copy in copies])
    return finished(sum(counts), count * readers, started)


async def _leaves() -> AsyncIterator[object]:
    for leaf in (*work.LEAVES, *work.LEAVES):
        yield Part(leaf)


def branch(level: int) -> Any:
    """The shared tree, without calls."""
    if level == work.TREE_DEPTH:
        return _leaves()
    return streams.concat(*[streams.concat(*[branch(level + 2) for _ in range(work.FAN)]) for _ in range(work.FAN)])


async def tree() -> Sample:
    """The shared tree, read to its end."""
    started = perf_counter()
    async with context.context():
        return await work.timed_items(branch(0), work.TREE_MESSAGES, started)


async def _sleep(_content: AsyncIterable[object]) -> AsyncIterator[object]:
    await asyncio.sleep(work.SLEEP_SECONDS)
    yield "x"


async def calls_in_sequence(count: int) -> Sample:
    """One call after the other."""
    agent, started, replies = processor.processor_function(_passed), perf_counter(), 0
    for _ in range(count):
        replies += len(await processor.apply_async(agent, "hi"))
    return finished(replies, count, started)


async def calls_at_once(function: Any, count: int) -> Sample:
    """All calls together."""
    agent, started = processor.processor_function(function), perf_counter()
    replies = await asyncio.gather(*[processor.apply_async(agent, "hi") for _ in range(count)])
    return finished(len(replies), count, started)


async def construct(count: int) -> Sample:
    """Making parts; they are not frozen."""
    started = perf_counter()
    parts = [Part(f"hello {number}", role="user", metadata=work.message_fields(number)) for number in range(count)]
    return finished(len(parts), count, started)


def cases(sizes: Sizes) -> Cases:
    """What genai-processors has means for."""
    burst, paced = (work.burst, sizes.burst_tokens), (work.paced, sizes.paced_tokens)
    return {
        "w1.burst.reyield.k1": partial(chained, *burst, 1),
        "w1.burst.reyield.k8": partial(chained, *burst, 8),
        "w1.paced.operators.k8": partial(chained, *paced, 8),
        "w1.paced.reyield.k1": partial(chained, *paced, 1),
        "w1.paced.reyield.k8": partial(chained, *paced, 8),
        "first.burst.reyield.k8": partial(chained, *burst, 8),
        "first.paced.reyield.k8": partial(chained, *paced, 8),
        "w2.replay": partial(replay, sizes.replay_tokens, work.READERS),
        "w2.live.burst": partial(live, work.burst, sizes.replay_tokens, work.READERS),
        "w2.live.paced": partial(live, work.paced, sizes.live_paced_tokens, work.READERS),
        "w3.tree": tree,
        "w4.sequential": partial(calls_in_sequence, sizes.calls),
        "w4.concurrent": partial(calls_at_once, _passed, sizes.calls),
        "w5.construct": partial(construct, sizes.messages),
        "w6.sleepers": partial(calls_at_once, _sleep, sizes.sleepers),
    }
