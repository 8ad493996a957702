"""langchain-core: chains of `RunnableGenerator`, `atee` for many readers, `RunnableLambda` as an agent."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from functools import partial
from time import perf_counter
from typing import Any

from langchain_core.messages import HumanMessage
from langchain_core.runnables import RunnableGenerator, RunnableLambda
from langchain_core.utils.aiter import atee

from benchmarks import workloads as work
from benchmarks.workloads import Cases, Sample, Sizes, Source, finished

os.environ["LANGCHAIN_TRACING_V2"] = os.environ["LANGSMITH_TRACING"] = "false"


async def _passed(tokens: AsyncIterator[str]) -> AsyncIterator[str]:
    async for token in tokens:
        yield token


async def chained(source: Source, count: int, stages: int) -> Sample:
    """Generators in a row."""

    async def produced(_inputs: AsyncIterator[str]) -> AsyncIterator[str]:
        async for token in source(count):
            yield token

    chain: Any = RunnableGenerator(produced)
    for _ in range(stages):
        chain = chain | RunnableGenerator(_passed)
    started = perf_counter()
    return await work.timed_items(chain.astream("x"), count, started)


async def live(source: Source, count: int, readers: int) -> Sample:
    """One source split before it starts."""
    started = perf_counter()
    copies = atee(source(count), readers, lock=asyncio.Lock())
    counts = await asyncio.gather(*[work.count_items(copy) for copy in copies])
    return finished(sum(counts), count * readers, started)


async def _echo(message: object) -> object:
    return message


async def _sleep(message: object) -> object:
    await asyncio.sleep(work.SLEEP_SECONDS)
    return message


async def calls_in_sequence(count: int) -> Sample:
    """One call after the other."""
    agent, message, started = RunnableLambda(_echo), HumanMessage("hi"), perf_counter()
    for _ in range(count):
        await agent.ainvoke(message)
    return finished(count, count, started)


async def calls_at_once(agent: Any, count: int) -> Sample:
    """All calls together."""
    message, started = HumanMessage("hi"), perf_counter()
    replies = await asyncio.gather(*[agent.ainvoke(message) for _ in range(count)])
    return finished(len(replies), count, started)


def messages(count: int) -> list[Any]:
    """Messages of four fields and nesting."""
    return [
        HumanMessage(f"hello {number}", name="user", id=str(number), additional_kwargs=work.message_fields(number))
        for number in range(count)
    ]


async def construct(count: int) -> Sample:
    """Making messages; they are not frozen."""
    started = perf_counter()
    return finished(len(messages(count)), count, started)


async def hashing(count: int) -> Sample:
    """sha256 of the JSON, with keys as they come."""
    made = messages(count)
    started = perf_counter()
    keys = [hashlib.sha256(message.model_dump_json().encode()).hexdigest() for message in made]
    return finished(len(set(keys)), count, started)


def cases(sizes: Sizes) -> Cases:
    """What langchain-core has means for."""
    burst, paced = (work.burst, sizes.burst_tokens), (work.paced, sizes.paced_tokens)
    return {
        "w1.burst.reyield.k1": partial(chained, *burst, 1),
        "w1.burst.reyield.k8": partial(chained, *burst, 8),
        "w1.paced.operators.k8": partial(chained, *paced, 8),
        "w1.paced.reyield.k1": partial(chained, *paced, 1),
        "w1.paced.reyield.k8": partial(chained, *paced, 8),
        "first.burst.reyield.k8": partial(chained, *burst, 8),
        "first.paced.reyield.k8": partial(chained, *paced, 8),
        "w2.live.burst": partial(live, work.burst, sizes.replay_tokens, work.READERS),
        "w2.live.paced": partial(live, work.paced, sizes.live_paced_tokens, work.READERS),
        "w4.sequential": partial(calls_in_sequence, sizes.calls),
        "w4.concurrent": partial(calls_at_once, RunnableLambda(_echo), sizes.calls),
        "w5.construct": partial(construct, sizes.messages),
        "w5.hash": partial(hashing, sizes.messages),
        "w6.sleepers": partial(calls_at_once, RunnableLambda(_sleep), sizes.sleepers),
    }
