"""What is measured: names, units, sizes, token sources and the shared tree."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from time import perf_counter
from typing import TypeAlias

TOKEN = "tok "
READERS = 100
NESTED_AGENTS = 400
SLEEP_SECONDS = 0.01

# The tree: five levels, of which the 1st, 3rd and 5th are calls of agents (1 + 25 + 625) and the others lists; a leaf
# call gives eight strings and a list of eight more, so that both kinds of nesting end in messages.
FAN = 5
LEAVES = tuple(f"m{number}" for number in range(8))
TREE_DEPTH = 4
TREE_MESSAGES = FAN**TREE_DEPTH * 2 * len(LEAVES)


class Measure(Enum):
    """How a run becomes one number."""

    PER_ITEM = "µs"
    FIRST_ITEM = "ms to the first token"
    WALL = "ms in all"


@dataclass(frozen=True, slots=True)
class Sample:
    """One run: how many items, in how many seconds, and after how many the first came (0 where nobody looked)."""

    count: int
    seconds: float
    first_seconds: float = 0.0

    def value(self, measure: Measure) -> float:
        """The run in the unit of `measure`."""
        match measure:
            case Measure.PER_ITEM:
                return 1e6 * self.seconds / self.count
            case Measure.FIRST_ITEM:
                return 1e3 * self.first_seconds
            case Measure.WALL:
                return 1e3 * self.seconds


@dataclass(frozen=True, slots=True)
class Workload:
    """One row of the tables."""

    name: str
    title: str
    measure: Measure = Measure.PER_ITEM


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much work one run of each workload is."""

    burst_tokens: int
    paced_tokens: int
    replay_tokens: int
    live_paced_tokens: int
    calls: int
    messages: int
    sleepers: int


Case: TypeAlias = Callable[[], Awaitable[Sample]]
Cases: TypeAlias = dict[str, Case]
Source: TypeAlias = Callable[[int], AsyncIterator[str]]

SIZES: Mapping[str, Sizes] = {
    "full": Sizes(20_000, 20_000, 10_000, 10_000, 5_000, 20_000, 1_000),
    "quick": Sizes(20_000, 5_000, 5_000, 1_000, 5_000, 10_000, 1_000),
}

WORKLOADS = (
    Workload("w1.burst.forward.k1", "W1 burst, forwarded by 1 agent"),
    Workload("w1.burst.forward.k8", "W1 burst, forwarded by 8 agents"),
    Workload("w1.burst.reyield.k1", "W1 burst, re-yielded by 1 agent"),
    Workload("w1.burst.reyield.k8", "W1 burst, re-yielded by 8 agents"),
    Workload("w1.paced.forward.k8", "W1 one token per loop turn, forwarded by 8 agents"),
    Workload("w1.paced.operators.k8", "W1 one token per loop turn, through 8 token operators"),
    Workload("w1.paced.reyield.k1", "W1 one token per loop turn, re-yielded by 1 agent"),
    Workload("w1.paced.reyield.k8", "W1 one token per loop turn, re-yielded by 8 agents"),
    Workload("first.burst.reyield.k8", "first token, burst of 20,000, 8 agents", Measure.FIRST_ITEM),
    Workload("first.paced.reyield.k8", "first token, one per loop turn, 8 agents", Measure.FIRST_ITEM),
    Workload("w2.replay", "W2 replay to 100 readers"),
    Workload("w2.replay.batches", "W2 replay to 100 readers, in batches"),
    Workload("w2.live.burst", "W2 live to 100 readers, burst"),
    Workload("w2.live.paced", "W2 live to 100 readers, one token per loop turn"),
    Workload("w3.tree", "W3 flatten 10,000 messages of 651 calls"),
    Workload("w3.nested", "W3 replies nested 400 agents deep"),
    Workload("w4.sequential", "W4 echo agent, one call after the other"),
    Workload("w4.concurrent", "W4 echo agent, 5,000 calls at once"),
    Workload("w5.construct", "W5 message of 4 fields and nesting, construct"),
    Workload("w5.hash", "W5 the same message, hash"),
    Workload("w6.sleepers", "W6 1,000 agents that sleep 10 ms", Measure.WALL),
)


async def burst(count: int) -> AsyncIterator[str]:
    """Tokens of a producer that never awaits."""
    for _ in range(count):
        yield TOKEN


async def paced(count: int) -> AsyncIterator[str]:
    """One token per turn of the event loop, as from a model."""
    for _ in range(count):
        await asyncio.sleep(0)
        yield TOKEN


SOURCES: Mapping[str, Source] = {"burst": burst, "paced": paced}


def message_fields(number: int) -> dict[str, object]:
    """Four fields of a message, one of them nested, fresh on every call as in a real program."""
    return {"role": "user", "idx": number, "score": 0.5, "data": {"x": [1, 2, {"y": "z"}], "k": "v"}}


def finished(count: int, expected: int, started: float, first: float = 0.0) -> Sample:
    """The sample of a run that ends now; a run that lost items is an error, not a fast run."""
    seconds = perf_counter() - started
    if count != expected:
        raise RuntimeError(f"the run gave {count} items; expected {expected}")
    return Sample(count, seconds, first - started if first else 0.0)


async def count_items(stream: AsyncIterable[object]) -> int:
    """How many items come out of `stream`."""
    count = 0
    async for _ in stream:
        count += 1
    return count


async def timed_items(stream: AsyncIterable[object], expected: int, started: float) -> Sample:
    """Reads a flat stream to its end and notes when the first item came."""
    count, first = 0, 0.0
    async for _ in stream:
        if not count:
            first = perf_counter()
        count += 1
    return finished(count, expected, started, first)
