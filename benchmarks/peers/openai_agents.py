"""openai-agents with a model of our own in place of a server."""

import asyncio
import logging
from collections.abc import AsyncIterator
from functools import partial
from time import perf_counter
from typing import Any, Final

from agents import Agent, Runner, set_tracing_disabled
from agents.items import ModelResponse
from agents.models.interface import Model
from agents.usage import Usage
from openai.types.responses import (
    Response,
    ResponseCompletedEvent,
    ResponseOutputMessage,
    ResponseOutputText,
    ResponseTextDeltaEvent,
)

from benchmarks import workloads as work
from benchmarks.workloads import Cases, Sample, Sizes, finished

# A run costs about a millisecond, and runs of one agent at once cost the square of their number.
MOST_CALLS = 1_000
DELTA: Final = "response.output_text.delta"

logging.disable(logging.CRITICAL)
set_tracing_disabled(True)


def output(text: str) -> ResponseOutputMessage:
    """A finished answer."""
    content = ResponseOutputText(text=text, type="output_text", annotations=[], logprobs=[])
    return ResponseOutputMessage(id="m", type="message", role="assistant", status="completed", content=[content])


def delta(number: int) -> ResponseTextDeltaEvent:
    """A token of an answer."""
    return ResponseTextDeltaEvent(
        content_index=0, delta=work.TOKEN, item_id="m", output_index=0, sequence_number=number, type=DELTA, logprobs=[]
    )


def completed(text: str, number: int) -> ResponseCompletedEvent:
    """The end of an answer."""
    response = Response(
        id="r", created_at=0.0, model="m", object="response", output=[output(text)], tool_choice="none", tools=[],
        parallel_tool_calls=False,
    )  # fmt: skip
    return ResponseCompletedEvent(response=response, sequence_number=number, type="response.completed")


class LocalModel(Model):
    """Answers at once, after a while, or token by token."""

    def __init__(self, mode: str = "burst", count: int = 0, delay: float = 0.0) -> None:
        self.mode, self.count, self.delay = mode, count, delay

    async def get_response(self, *_arguments: Any, **_options: Any) -> ModelResponse:
        """A whole answer."""
        if self.delay:
            await asyncio.sleep(self.delay)
        return ModelResponse(output=[output("hi")], usage=Usage(), response_id=None)

    async def stream_response(self, *_arguments: Any, **_options: Any) -> AsyncIterator[Any]:
        """An answer in tokens."""
        number = 0
        async for _ in work.SOURCES[self.mode](self.count):
            yield delta(number)
            number += 1
        yield completed(work.TOKEN * number, number)


async def streamed(mode: str, count: int) -> Sample:
    """The tokens of one run."""
    agent = Agent(name="a", instructions="x", model=LocalModel(mode, count))
    started = perf_counter()
    return await work.timed_items(_deltas(Runner.run_streamed(agent, "hi")), count, started)


async def _deltas(result: Any) -> AsyncIterator[str]:
    async for event in result.stream_events():
        if event.type == "raw_response_event" and event.data.type == DELTA:
            yield event.data.delta


async def calls_in_sequence(count: int) -> Sample:
    """One run after the other."""
    agent, started = Agent(name="a", instructions="x", model=LocalModel()), perf_counter()
    for _ in range(count):
        await Runner.run(agent, "hi")
    return finished(count, count, started)


async def calls_at_once(count: int, delay: float = 0.0) -> Sample:
    """All runs together."""
    agent, started = Agent(name="a", instructions="x", model=LocalModel(delay=delay)), perf_counter()
    replies = await asyncio.gather(*[Runner.run(agent, "hi") for _ in range(count)])
    return finished(len(replies), count, started)


def cases(sizes: Sizes) -> Cases:
    """What openai-agents has means for."""
    calls = min(sizes.calls, MOST_CALLS)
    return {
        "w1.burst.reyield.k1": partial(streamed, "burst", sizes.burst_tokens),
        "w1.paced.reyield.k1": partial(streamed, "paced", sizes.paced_tokens),
        "w4.sequential": partial(calls_in_sequence, calls),
        "w4.concurrent": partial(calls_at_once, calls),
        "w6.sleepers": partial(calls_at_once, sizes.sleepers, work.SLEEP_SECONDS),
    }
