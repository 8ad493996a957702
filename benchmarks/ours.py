"""The workloads on the public names of `miniagents`."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from time import perf_counter

from benchmarks import workloads as work
from benchmarks.workloads import Case, Cases, Sample, Sizes, finished
from miniagents import InteractionContext, Message, MessagePromise, MessageSequencePromise, MiniAgents, miniagent
from miniagents import operators as ops


def streamed(mode: str, count: int) -> MessagePromise:
    """A message whose tokens come from a source."""
    return Message.promise(message_token_streamer=lambda _metadata: work.SOURCES[mode](count))


@miniagent
async def producer(ctx: InteractionContext, mode: str, count: int) -> None:
    """Replies with one streamed message."""
    ctx.reply(streamed(mode, count))


@miniagent
async def forwarder(ctx: InteractionContext) -> None:
    """Hands on what it gets."""
    ctx.reply(ctx.message_promises)


async def _tokens(promise: MessagePromise, _metadata: dict[str, object]) -> AsyncIterator[str]:
    async for token in promise:
        yield token


@miniagent
async def reyielder(ctx: InteractionContext) -> None:
    """Streams every message anew, token by token."""
    async for promise in ctx.message_promises:
        ctx.reply(Message.promise(message_token_streamer=partial(_tokens, promise)))


def same(token: str) -> str:
    """The identity: only the way through an operator is measured."""
    return token


async def timed_tokens(messages: MessageSequencePromise, expected: int, started: float) -> Sample:
    """Reads all tokens of all messages and notes when the first one came."""
    count, first = 0, 0.0
    async for promise in messages:
        async for _ in promise:
            if not count:
                first = perf_counter()
            count += 1
    return finished(count, expected, started, first)


async def forward(mode: str, count: int, agents: int) -> Sample:
    """Each agent hands the same sequence on."""
    async with MiniAgents():
        started = perf_counter()
        messages = producer.inquire(mode=mode, count=count)
        for _ in range(agents):
            messages = forwarder.inquire(messages)
        return await timed_tokens(messages, count, started)


async def reyield(mode: str, count: int, agents: int) -> Sample:
    """Each agent streams a message of its own."""
    async with MiniAgents():
        started = perf_counter()
        messages = producer.inquire(mode=mode, count=count)
        for _ in range(agents):
            messages = reyielder.inquire(messages)
        return await timed_tokens(messages, count, started)


async def operators(mode: str, count: int, stages: int) -> Sample:
    """Operators of ours in a row."""
    async with MiniAgents():
        started = perf_counter()
        messages = producer.inquire(mode=mode, count=count)
        for _ in range(stages):
            messages = messages.pipe(ops.map_tokens(same))
        return await timed_tokens(messages, count, started)


async def replay(count: int, readers: int) -> Sample:
    """Late readers of a finished message, each from its beginning."""
    async with MiniAgents():
        message = streamed("burst", count)
        await message
        started = perf_counter()
        counts = await asyncio.gather(*[work.count_items(message) for _ in range(readers)])
        return finished(sum(counts), count * readers, started)


async def _count_batched(message: MessagePromise) -> int:
    count = 0
    async for batch in message.batches():
        for _ in batch:
            count += 1
    return count


async def replay_batches(count: int, readers: int) -> Sample:
    """The same, with a plain loop over each batch."""
    async with MiniAgents():
        message = streamed("burst", count)
        await message
        started = perf_counter()
        counts = await asyncio.gather(*[_count_batched(message) for _ in range(readers)])
        return finished(sum(counts), count * readers, started)


async def live(mode: str, count: int, readers: int) -> Sample:
    """Readers that are there before the first token."""
    async with MiniAgents():
        message = streamed(mode, count)
        started = perf_counter()
        counts = await asyncio.gather(*[work.count_items(message) for _ in range(readers)])
        return finished(sum(counts), count * readers, started)


@miniagent
async def branch(ctx: InteractionContext, level: int = 0) -> None:
    """A call of the shared tree."""
    if level == work.TREE_DEPTH:
        ctx.reply([*work.LEAVES, list(work.LEAVES)])
    else:
        ctx.reply([[branch.inquire(level=level + 2) for _ in range(work.FAN)] for _ in range(work.FAN)])


async def tree() -> Sample:
    """The shared tree, awaited as a whole."""
    async with MiniAgents():
        started = perf_counter()
        messages = await branch.inquire()
        return finished(len(messages), work.TREE_MESSAGES, started)


@miniagent
async def descend(ctx: InteractionContext, left: int) -> None:
    """Replies with a message and with the replies of one more agent."""
    ctx.reply("m")
    if left:
        ctx.reply(descend.inquire(left=left - 1))


async def nested_agents(depth: int) -> Sample:
    """Agents within agents, awaited as a whole."""
    async with MiniAgents():
        started = perf_counter()
        messages = await descend.inquire(left=depth)
        return finished(len(messages), depth + 1, started)


async def calls_in_sequence(count: int) -> Sample:
    """One call, then its reply, then the next call."""
    async with MiniAgents():
        started, replies = perf_counter(), 0
        for _ in range(count):
            replies += len(await forwarder.inquire("hi"))
        return finished(replies, count, started)


async def calls_at_once(count: int, context: type[MiniAgents] | partial[MiniAgents] = MiniAgents) -> Sample:
    """All calls first, then their replies."""
    async with context():
        started, replies = perf_counter(), 0
        calls = [forwarder.inquire("hi") for _ in range(count)]
        for call in calls:
            replies += len(await call)
        return finished(replies, count, started)


def messages(count: int) -> list[Message]:
    """Messages of four fields and nesting."""
    return [Message(f"hello {number}", **work.message_fields(number)) for number in range(count)]


async def construct(count: int) -> Sample:
    """Making and freezing messages."""
    started = perf_counter()
    return finished(len(messages(count)), count, started)


async def hashing(count: int) -> Sample:
    """The hash key of messages that exist."""
    made = messages(count)
    started = perf_counter()
    keys = [message.hash_key for message in made]
    return finished(len(set(keys)), count, started)


@miniagent
async def sleeper(ctx: InteractionContext) -> None:
    """Replies after a while."""
    await asyncio.sleep(work.SLEEP_SECONDS)
    ctx.reply("x")


async def sleepers(count: int) -> Sample:
    """Calls that wait for the same moment."""
    async with MiniAgents():
        started, replies = perf_counter(), 0
        calls = [sleeper.inquire() for _ in range(count)]
        for call in calls:
            replies += len(await call)
        return finished(replies, count, started)


def cases(sizes: Sizes) -> Cases:
    """All workloads of these sizes, by name."""
    burst, paced = ("burst", sizes.burst_tokens), ("paced", sizes.paced_tokens)
    burst_reyield: Case = partial(reyield, *burst, 8)
    paced_reyield: Case = partial(reyield, *paced, 8)
    return {
        "w1.burst.forward.k1": partial(forward, *burst, 1),
        "w1.burst.forward.k8": partial(forward, *burst, 8),
        "w1.burst.reyield.k1": partial(reyield, *burst, 1),
        "w1.burst.reyield.k8": burst_reyield,
        "w1.paced.forward.k8": partial(forward, *paced, 8),
        "w1.paced.operators.k8": partial(operators, *paced, 8),
        "w1.paced.reyield.k1": partial(reyield, *paced, 1),
        "w1.paced.reyield.k8": paced_reyield,
        "first.burst.reyield.k8": burst_reyield,
        "first.paced.reyield.k8": paced_reyield,
        "w2.replay": partial(replay, sizes.replay_tokens, work.READERS),
        "w2.replay.batches": partial(replay_batches, sizes.replay_tokens, work.READERS),
        "w2.live.burst": partial(live, "burst", sizes.replay_tokens, work.READERS),
        "w2.live.paced": partial(live, "paced", sizes.live_paced_tokens, work.READERS),
        "w3.tree": tree,
        "w3.nested": partial(nested_agents, work.NESTED_AGENTS),
        "w4.sequential": partial(calls_in_sequence, sizes.calls),
        "w4.concurrent": partial(calls_at_once, sizes.calls),
        "w5.construct": partial(construct, sizes.messages),
        "w5.hash": partial(hashing, sizes.messages),
        "w6.sleepers": partial(sleepers, sizes.sleepers),
    }
