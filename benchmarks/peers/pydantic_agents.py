"""pydantic-ai with a function in place of a model."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from time import perf_counter
from typing import Any

from pydantic_ai import Agent
from pydantic_ai.messages import ModelResponse, TextPart
from pydantic_ai.models.function import FunctionModel

from benchmarks import workloads as work
from benchmarks.workloads import Cases, Sample, Sizes, Source, finished

# A run costs about two milliseconds.
MOST_CALLS = 1_000


async def streamed(source: Source, count: int) -> Sample:
    """The tokens of one run."""

    async def tokens(_messages: object, _info: object) -> AsyncIterator[str]:
        async for token in source(count):
            yield token

    started = perf_counter()
    async with Agent(FunctionModel(stream_function=tokens)).run_stream("x") as run:
        text = await _read(run)
    return finished(len(text) // len(work.TOKEN), count, started)


async def _read(run: Any) -> str:
    return "".join([text async for text in run.stream_text(delta=True, debounce_by=None)])


async def _answer(_messages: object, _info: object) -> Any:
    return ModelResponse(parts=[TextPart("hi")])


async def _late_answer(_messages: object, _info: object) -> Any:
    await asyncio.sleep(work.SLEEP_SECONDS)
    return ModelResponse(parts=[TextPart("hi")])


async def calls_in_sequence(count: int) -> Sample:
    """One run after the other."""
    agent, started = Agent(FunctionModel(_answer)), perf_counter()
    for _ in range(count):
        await agent.run("hi")
    return finished(count, count, started)


async def calls_at_once(function: Any, count: int) -> Sample:
    """All runs together."""
    agent, started = Agent(FunctionModel(function)), perf_counter()
    replies = await asyncio.gather(*[agent.run("hi") for _ in range(count)])
    return finished(len(replies), count, started)


def cases(sizes: Sizes) -> Cases:
    """What pydantic-ai has means for."""
    calls = min(sizes.calls, MOST_CALLS)
    return {
        "w1.burst.reyield.k1": partial(streamed, work.burst, sizes.burst_tokens),
        "w1.paced.reyield.k1": partial(streamed, work.paced, sizes.paced_tokens),
        "w4.sequential": partial(calls_in_sequence, calls),
        "w4.concurrent": partial(calls_at_once, _answer, calls),
        "w6.sleepers": partial(calls_at_once, _late_answer, sizes.sleepers),
    }
