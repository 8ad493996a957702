"""The workloads on hand-written streams, messages and calls: how fast pure Python on asyncio can be."""

import asyncio
from functools import partial
from time import perf_counter

from benchmarks import workloads as work
from benchmarks.replay import (
    Call,
    FrozenMessage,
    Push,
    PushStage,
    ReplayStream,
    Text,
    fair_pump,
    flatten,
    hash_key,
    pump,
)
from benchmarks.workloads import Cases, Sample, Sizes, Source, finished


async def forward(source: Source, count: int, agents: int) -> Sample:
    """Each agent is a task that hands the same stream on."""
    started = perf_counter()
    stream: ReplayStream[str] = ReplayStream()
    producer = asyncio.create_task(pump(source(count), stream))
    result = await _handed_on(stream, agents)
    sample = await work.timed_items(result, count, started)
    await producer
    return sample


async def _handed_on(stream: ReplayStream[str], agents: int) -> ReplayStream[str]:
    loop = asyncio.get_running_loop()
    given: asyncio.Future[ReplayStream[str]] = loop.create_future()
    given.set_result(stream)
    tasks = []
    for _ in range(agents):
        taken, given = given, loop.create_future()
        tasks.append(loop.create_task(_hand_on(taken, given)))
    await asyncio.gather(*tasks)
    return given.result()


async def _hand_on(taken: asyncio.Future[ReplayStream[str]], given: asyncio.Future[ReplayStream[str]]) -> None:
    given.set_result(await taken)


async def reyield(source: Source, count: int, agents: int, *, fair: bool = False) -> Sample:
    """Each agent is a task that copies its input into a stream of its own."""
    started = perf_counter()
    copy = fair_pump if fair else pump
    stream: ReplayStream[str] = ReplayStream()
    tasks = [asyncio.create_task(copy(source(count), stream))]
    for _ in range(agents):
        taken, stream = stream, ReplayStream()
        tasks.append(asyncio.create_task(copy(taken, stream)))
    sample = await work.timed_items(stream, count, started)
    await asyncio.gather(*tasks)
    return sample


def same(token: str) -> str:
    """The identity: only the way through an operator is measured."""
    return token


async def operators(source: Source, count: int, stages: int) -> Sample:
    """Each stage keeps what it hands on, within the producer's push."""
    started = perf_counter()
    first = last = PushStage(same)
    for _ in range(stages):
        last.next_stage = PushStage(same)
        last = last.next_stage
    producer = asyncio.create_task(pump(source(count), first))
    sample = await work.timed_items(last, count, started)
    await producer
    return sample


def filled(count: int) -> ReplayStream[str]:
    """A finished stream of tokens."""
    stream: ReplayStream[str] = ReplayStream()
    for _ in range(count):
        stream.push(work.TOKEN)
    stream.close()
    return stream


async def replay(count: int, readers: int) -> Sample:
    """Late readers of a finished stream, each from its beginning."""
    stream = filled(count)
    started = perf_counter()
    counts = await asyncio.gather(*[work.count_items(stream) for _ in range(readers)])
    return finished(sum(counts), count * readers, started)


async def replay_batches(count: int, readers: int) -> Sample:
    """The same, with a plain loop over each batch."""
    stream = filled(count)
    started = perf_counter()
    counts = await asyncio.gather(*[_count_batched(stream) for _ in range(readers)])
    return finished(sum(counts), count * readers, started)


async def _count_batched(stream: ReplayStream[str]) -> int:
    count = 0
    async for batch in stream.batches():
        for _ in batch:
            count += 1
    return count


async def live(source: Source, count: int, readers: int) -> Sample:
    """Readers that are there before the first token."""
    stream: ReplayStream[str] = ReplayStream()
    started = perf_counter()
    tasks = [asyncio.create_task(work.count_items(stream)) for _ in range(readers)]
    await asyncio.sleep(0)
    producer = asyncio.create_task(pump(source(count), stream))
    counts = await asyncio.gather(*tasks)
    await producer
    return finished(sum(counts), count * readers, started)


async def _branch(push: Push, level: int) -> None:
    if level == work.TREE_DEPTH:
        push([*work.LEAVES, list(work.LEAVES)])
    else:
        push([[Call(_branch, level + 2) for _ in range(work.FAN)] for _ in range(work.FAN)])


async def tree() -> Sample:
    """The shared tree: a task per call, lists as they are."""
    started = perf_counter()
    messages = await flatten(Call(_branch, 0))
    return finished(len(messages), work.TREE_MESSAGES, started)


async def _descend(push: Push, left: int) -> None:
    push("m")
    if left:
        push(Call(_descend, left - 1))


async def nested_agents(depth: int) -> Sample:
    """Each agent replies with a message and with the replies of one more agent."""
    started = perf_counter()
    messages = await flatten(Call(_descend, depth))
    return finished(len(messages), depth + 1, started)


async def _echo(push: Push, _argument: int) -> None:
    push(Text("hi"))


async def calls_in_sequence(count: int) -> Sample:
    """One call, then its reply, then the next call."""
    started, replies = perf_counter(), 0
    for number in range(count):
        replies += await work.count_items(Call(_echo, number).replies)
    return finished(replies, count, started)


async def calls_at_once(count: int) -> Sample:
    """All calls first, then their replies."""
    started, replies = perf_counter(), 0
    calls = [Call(_echo, number) for number in range(count)]
    for call in calls:
        replies += await work.count_items(call.replies)
    return finished(replies, count, started)


def frozen(count: int) -> list[FrozenMessage]:
    """Messages of four fields and nesting."""
    return [FrozenMessage(f"hello {number}", **work.message_fields(number)) for number in range(count)]


async def construct(count: int) -> Sample:
    """Making and freezing messages."""
    started = perf_counter()
    return finished(len(frozen(count)), count, started)


async def hashing(count: int) -> Sample:
    """The hash key of messages that exist."""
    messages = frozen(count)
    started = perf_counter()
    keys = [hash_key(message) for message in messages]
    return finished(len(set(keys)), count, started)


async def _sleep(push: Push, _argument: int) -> None:
    await asyncio.sleep(work.SLEEP_SECONDS)
    push(Text("x"))


async def sleepers(count: int) -> Sample:
    """Calls that wait for the same moment."""
    started, replies = perf_counter(), 0
    calls = [Call(_sleep, number) for number in range(count)]
    for call in calls:
        replies += await work.count_items(call.replies)
    return finished(replies, count, started)


def cases(sizes: Sizes) -> Cases:
    """All workloads of these sizes, by name."""
    burst, paced = (work.burst, sizes.burst_tokens), (work.paced, sizes.paced_tokens)
    return {
        "w1.burst.forward.k1": partial(forward, *burst, 1),
        "w1.burst.forward.k8": partial(forward, *burst, 8),
        "w1.burst.reyield.k1": partial(reyield, *burst, 1),
        "w1.burst.reyield.k8": partial(reyield, *burst, 8),
        "w1.paced.forward.k8": partial(forward, *paced, 8),
        "w1.paced.operators.k8": partial(operators, *paced, 8),
        "w1.paced.reyield.k1": partial(reyield, *paced, 1),
        "w1.paced.reyield.k8": partial(reyield, *paced, 8),
        "first.burst.reyield.k8": partial(reyield, *burst, 8, fair=True),
        "first.paced.reyield.k8": partial(reyield, *paced, 8),
        "w2.replay": partial(replay, sizes.replay_tokens, work.READERS),
        "w2.replay.batches": partial(replay_batches, sizes.replay_tokens, work.READERS),
        "w2.live.burst": partial(live, work.burst, sizes.replay_tokens, work.READERS),
        "w2.live.paced": partial(live, work.paced, sizes.live_paced_tokens, work.READERS),
        "w3.tree": tree,
        "w3.nested": partial(nested_agents, work.NESTED_AGENTS),
        "w4.sequential": partial(calls_in_sequence, sizes.calls),
        "w4.concurrent": partial(calls_at_once, sizes.calls),
        "w5.construct": partial(construct, sizes.messages),
        "w5.hash": partial(hashing, sizes.messages),
        "w6.sleepers": partial(sleepers, sizes.sleepers),
    }
