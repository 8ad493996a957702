"""The floors at sizes of choice."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from time import perf_counter

from benchmarks import floors
from benchmarks import workloads as work
from benchmarks.growth.axes import tokens_per_reader
from benchmarks.memory import Probe
from benchmarks.replay import Call, Push, Text, flatten
from benchmarks.workloads import Case, Sample, finished


async def nested_lists(depth: int) -> Sample:
    """One message at the bottom of nested lists."""
    replies: list[object] = ["m"]
    for _ in range(depth):
        replies = [replies]
    started = perf_counter()
    await flatten(replies)
    return finished(depth, depth, started)


async def messages(count: int) -> Sample:
    """Many messages in one flat reply."""
    started = perf_counter()
    return finished(len(await flatten(["m"] * count)), count, started)


async def hops(agents: int) -> Sample:
    """One token through many agents."""
    sample = await floors.forward(work.burst, 1, agents)
    return Sample(agents, sample.seconds)


def growth() -> Mapping[str, Callable[[int], Case]]:
    """The workloads of a size, by axis."""
    return {
        "tokens": lambda size: partial(floors.forward, work.burst, size, 1),
        "first token": lambda size: partial(floors.reyield, work.burst, size, 8, fair=True),
        "messages": lambda size: partial(messages, size),
        "nested agents": lambda size: partial(floors.nested_agents, size),
        "nested lists": lambda size: partial(nested_lists, size),
        "hops": lambda size: partial(hops, size),
        "readers": lambda size: partial(floors.live, work.paced, tokens_per_reader(size), size),
        "concurrent calls": lambda size: partial(floors.calls_at_once, size),
    }


@asynccontextmanager
async def tokens(count: int) -> AsyncIterator[object]:
    """A finished stream."""
    yield floors.filled(count)


@asynccontextmanager
async def frozen_messages(count: int) -> AsyncIterator[object]:
    """A list of messages."""
    yield floors.frozen(count)


@asynccontextmanager
async def idle_calls(count: int) -> AsyncIterator[object]:
    """Calls that all wait for one event."""
    gate = asyncio.Event()

    async def waiting(push: Push, _argument: int) -> None:
        await gate.wait()
        push(Text("x"))

    calls = [Call(waiting, number) for number in range(count)]
    await asyncio.sleep(0)
    yield calls
    gate.set()
    for call in calls:
        await work.count_items(call.replies)


@asynccontextmanager
async def finished_calls(count: int) -> AsyncIterator[object]:
    """Calls that have ended, whose replies are held."""

    async def answering(push: Push, _argument: int) -> None:
        push(Text("x"))

    calls = [Call(answering, number) for number in range(count)]
    for call in calls:
        await work.count_items(call.replies)
    await asyncio.sleep(0)
    yield calls


def probes() -> Mapping[str, Probe]:
    """What can be held, by name."""
    return {"token": tokens, "message": frozen_messages, "idle call": idle_calls, "finished call": finished_calls}
