"""The original `miniagents`, 0.0.35, in its normal use: text tokens, eager start, no persistence."""

import asyncio
import logging
from collections.abc import AsyncIterator
from functools import partial
from importlib import import_module
from time import perf_counter
from typing import Any

from benchmarks import workloads as work
from benchmarks.workloads import Cases, Sample, Sizes, finished

# Imported by name, for here the name means the original and not the package around this file.
library: Any = import_module("miniagents")

QUIET = logging.getLogger("quiet")
QUIET.propagate = False
QUIET.addHandler(logging.NullHandler())


def context() -> Any:
    """A context that logs nothing."""
    return library.MiniAgents(logger=QUIET)


def streamed(mode: str, count: int) -> Any:
    """A message whose tokens come from a source."""

    async def tokens(_metadata: object) -> AsyncIterator[Any]:
        async for token in work.SOURCES[mode](count):
            yield library.TextToken(token)

    return library.TextMessage.promise(message_token_streamer=tokens)


async def _produce(ctx: Any, mode: str, count: int) -> None:
    ctx.reply(streamed(mode, count))


async def _forward(ctx: Any) -> None:
    ctx.reply(ctx.message_promises)


async def _tokens(promise: Any, _metadata: object) -> AsyncIterator[Any]:
    async for token in promise:
        yield token


async def _reyield(ctx: Any) -> None:
    async for promise in ctx.message_promises:
        ctx.reply(library.TextMessage.promise(message_token_streamer=partial(_tokens, promise)))


async def _branch(ctx: Any, level: int = 0) -> None:
    if level == work.TREE_DEPTH:
        ctx.reply([*work.LEAVES, list(work.LEAVES)])
    else:
        ctx.reply([[branch.trigger(level=level + 2) for _ in range(work.FAN)] for _ in range(work.FAN)])


async def _descend(ctx: Any, left: int) -> None:
    ctx.reply("m")
    if left:
        ctx.reply(descend.trigger(left=left - 1))


async def _sleep(ctx: Any) -> None:
    await asyncio.sleep(work.SLEEP_SECONDS)
    ctx.reply("x")


producer, forwarder, reyielder = map(library.miniagent, (_produce, _forward, _reyield))
branch, descend, sleeper = map(library.miniagent, (_branch, _descend, _sleep))


async def relay(agent: Any, mode: str, count: int, agents: int) -> Sample:
    """One message through agents in a row."""
    async with context():
        started = perf_counter()
        messages = producer.trigger(mode=mode, count=count)
        for _ in range(agents):
            messages = agent.trigger(messages)
        return await work.timed_items(_all_tokens(messages), count, started)


async def _all_tokens(messages: Any) -> AsyncIterator[Any]:
    async for promise in messages:
        async for token in promise:
            yield token


async def readers_of(mode: str, count: int, readers: int, *, late: bool) -> Sample:
    """Readers of one message, late or from its first token on."""
    async with context():
        message = streamed(mode, count)
        if late:
            await message
        started = perf_counter()
        counts = await asyncio.gather(*[work.count_items(message) for _ in range(readers)])
        return finished(sum(counts), count * readers, started)


async def tree() -> Sample:
    """The shared tree, awaited as a whole."""
    async with context():
        started = perf_counter()
        return finished(len(await branch.trigger()), work.TREE_MESSAGES, started)


async def nested_agents(depth: int) -> Sample:
    """Agents within agents, awaited as a whole."""
    async with context():
        started = perf_counter()
        return finished(len(await descend.trigger(left=depth)), depth + 1, started)


async def calls_in_sequence(count: int) -> Sample:
    """One call, then its reply, then the next call."""
    async with context():
        started, replies = perf_counter(), 0
        for _ in range(count):
            replies += len(await forwarder.trigger("hi"))
        return finished(replies, count, started)


async def calls_at_once(agent: Any, count: int, *inputs: str) -> Sample:
    """All calls first, then their replies."""
    async with context():
        started, replies = perf_counter(), 0
        calls = [agent.trigger(*inputs) for _ in range(count)]
        for call in calls:
            replies += len(await call)
        return finished(replies, count, started)


def made(count: int) -> list[Any]:
    """Messages of four fields and nesting."""
    return [library.TextMessage(f"hello {number}", **work.message_fields(number)) for number in range(count)]


async def construct(count: int) -> Sample:
    """Making and freezing messages."""
    started = perf_counter()
    return finished(len(made(count)), count, started)


async def hashing(count: int) -> Sample:
    """The hash key of messages that exist."""
    async with context():
        messages = made(count)
        started = perf_counter()
        return finished(len({message.hash_key for message in messages}), count, started)


def cases(sizes: Sizes) -> Cases:
    """All workloads but those that it has no means for: token operators and batches."""
    burst, paced = ("burst", sizes.burst_tokens), ("paced", sizes.paced_tokens)
    return {
        "w1.burst.forward.k1": partial(relay, forwarder, *burst, 1),
        "w1.burst.forward.k8": partial(relay, forwarder, *burst, 8),
        "w1.burst.reyield.k1": partial(relay, reyielder, *burst, 1),
        "w1.burst.reyield.k8": partial(relay, reyielder, *burst, 8),
        "w1.paced.forward.k8": partial(relay, forwarder, *paced, 8),
        "w1.paced.operators.k8": partial(relay, reyielder, *paced, 8),
        "w1.paced.reyield.k1": partial(relay, reyielder, *paced, 1),
        "w1.paced.reyield.k8": partial(relay, reyielder, *paced, 8),
        "first.burst.reyield.k8": partial(relay, reyielder, *burst, 8),
        "first.paced.reyield.k8": partial(relay, reyielder, *paced, 8),
        "w2.replay": partial(readers_of, "burst", sizes.replay_tokens, work.READERS, late=True),
        "w2.live.burst": partial(readers_of, "burst", sizes.replay_tokens, work.READERS, late=False),
        "w2.live.paced": partial(readers_of, "paced", sizes.live_paced_tokens, work.READERS, late=False),
        "w3.tree": tree,
        "w3.nested": partial(nested_agents, work.NESTED_AGENTS),
        "w4.sequential": partial(calls_in_sequence, sizes.calls),
        "w4.concurrent": partial(calls_at_once, forwarder, sizes.calls, "hi"),
        "w5.construct": partial(construct, sizes.messages),
        "w5.hash": partial(hashing, sizes.messages),
        "w6.sleepers": partial(calls_at_once, sleeper, sizes.sleepers),
    }
