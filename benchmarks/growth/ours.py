"""`miniagents` at sizes of choice."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from time import perf_counter

from benchmarks import ours
from benchmarks import workloads as work
from benchmarks.growth.axes import tokens_per_reader
from benchmarks.memory import Probe
from benchmarks.workloads import Case, Sample, finished
from miniagents import InteractionContext, Message, MessageType, MiniAgents, Promise, miniagent


@miniagent
async def many(ctx: InteractionContext, count: int) -> None:
    """Replies with a list of messages."""
    ctx.reply(["m"] * count)


@miniagent
async def nest(ctx: InteractionContext, depth: int) -> None:
    """Replies with one message at the bottom of nested lists."""
    replies: MessageType = "m"
    for _ in range(depth):
        replies = [replies]
    ctx.reply(replies)


async def messages(count: int) -> Sample:
    """Many messages of one agent, handed on by another."""
    async with MiniAgents():
        started = perf_counter()
        received = await ours.forwarder.inquire(many.inquire(count=count))
        return finished(len(received), count, started)


async def nested_lists(depth: int) -> Sample:
    """One message at the bottom of nested lists."""
    async with MiniAgents():
        started = perf_counter()
        await nest.inquire(depth=depth)
        return finished(depth, depth, started)


async def hops(agents: int) -> Sample:
    """One message through many agents."""
    async with MiniAgents():
        started = perf_counter()
        messages = ours.forwarder.inquire("m")
        for _ in range(agents - 1):
            messages = ours.forwarder.inquire(messages)
        await messages
        return finished(agents, agents, started)


async def persist(_promise: object, _message: Message) -> None:
    """A persistence handler that keeps nothing."""


async def trace(_promise: Promise[object], _result: object) -> None:
    """A tracing hook that writes nothing."""


def growth() -> Mapping[str, Callable[[int], Case]]:
    """The workloads of a size, by axis."""
    persisting = partial(MiniAgents, on_persist_message=[persist])
    tracing = partial(MiniAgents, on_promise_resolved=[trace])
    return {
        "tokens": lambda size: partial(ours.forward, "burst", size, 1),
        "first token": lambda size: partial(ours.reyield, "burst", size, 8),
        "messages": lambda size: partial(messages, size),
        "nested agents": lambda size: partial(ours.nested_agents, size),
        "nested lists": lambda size: partial(nested_lists, size),
        "hops": lambda size: partial(hops, size),
        "readers": lambda size: partial(ours.live, "paced", tokens_per_reader(size), size),
        "concurrent calls": lambda size: partial(ours.calls_at_once, size),
        "calls, persisted": lambda size: partial(ours.calls_at_once, size, persisting),
        "calls, traced": lambda size: partial(ours.calls_at_once, size, tracing),
    }


@asynccontextmanager
async def tokens(count: int) -> AsyncIterator[object]:
    """A finished message promise."""
    async with MiniAgents():
        message = ours.streamed("burst", count)
        await work.count_items(message)
        yield message


@asynccontextmanager
async def frozen_messages(count: int) -> AsyncIterator[object]:
    """A list of messages."""
    yield ours.messages(count)


@miniagent
async def waiting(ctx: InteractionContext, gate: asyncio.Event) -> None:
    """Replies when the gate opens."""
    await gate.wait()
    ctx.reply("x")


@asynccontextmanager
async def idle_calls(count: int) -> AsyncIterator[object]:
    """Calls that all wait for one event."""
    gate = asyncio.Event()
    async with MiniAgents():
        calls = [waiting.inquire(gate=gate) for _ in range(count)]
        await asyncio.sleep(0)
        yield calls
        gate.set()
        for call in calls:
            await call


@asynccontextmanager
async def finished_calls(count: int) -> AsyncIterator[object]:
    """Calls that have ended, whose replies are held."""
    async with MiniAgents():
        calls = [ours.forwarder.inquire("hi") for _ in range(count)]
        for call in calls:
            await call
        await asyncio.sleep(0)
        yield calls


def probes() -> Mapping[str, Probe]:
    """What can be held, by name."""
    return {"token": tokens, "message": frozen_messages, "idle call": idle_calls, "finished call": finished_calls}
