"""Along which axes cost is looked at, and at which sizes."""

from collections.abc import Mapping
from dataclasses import dataclass

DELIVERIES = 100_000


@dataclass(frozen=True, slots=True)
class Axis:
    """One picture: cost per `unit` at these sizes."""

    title: str
    unit: str
    sizes: tuple[int, ...]


AXES: Mapping[str, Axis] = {
    "tokens": Axis("tokens of one message, forwarded", "µs per token", (1_000, 10_000, 100_000, 1_000_000)),
    "first token": Axis("tokens of a burst, re-yielded by 8 agents", "ms to the first", (1_000, 20_000, 200_000)),
    "messages": Axis("messages of one sequence, forwarded", "µs per message", (1_000, 10_000, 100_000, 1_000_000)),
    "nested agents": Axis("agents nested in replies", "µs per message", (1, 10, 100, 1_000, 10_000)),
    "nested lists": Axis("lists nested in a reply", "µs per list", (1, 10, 100, 1_000, 10_000)),
    "hops": Axis("agents that forward one message", "µs per agent", (1, 10, 100, 1_000, 10_000)),
    "readers": Axis("readers of a live message", "µs per delivery", (1, 10, 100, 1_000)),
    "concurrent calls": Axis("calls at once", "µs per call", (100, 1_000, 5_000, 20_000)),
    "calls, persisted": Axis("calls at once, with a persistence handler", "µs per call", (100, 1_000, 5_000, 20_000)),
    "calls, traced": Axis("calls at once, with a tracing hook", "µs per call", (100, 1_000, 5_000, 20_000)),
}

PROBES: Mapping[str, tuple[str, int]] = {
    "token": ("buffered token", 100_000),
    "message": ("message of 4 fields and nesting", 5_000),
    "idle call": ("call that waits", 2_000),
    "finished call": ("finished call whose reply is held", 2_000),
}


def tokens_per_reader(readers: int) -> int:
    """About as many deliveries whatever the number of readers, so that a point takes about as long."""
    return max(20, DELIVERIES // readers)
