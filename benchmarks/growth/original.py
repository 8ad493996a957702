"""The original `miniagents` at sizes of choice; what it has no means for, or holds otherwise, is left out."""

from collections.abc import Callable, Mapping
from functools import partial

from benchmarks.growth.axes import tokens_per_reader
from benchmarks.memory import Probe
from benchmarks.peers import original
from benchmarks.workloads import Case


def growth() -> Mapping[str, Callable[[int], Case]]:
    """The workloads of a size, by axis."""
    return {
        "tokens": lambda size: partial(original.relay, original.forwarder, "burst", size, 1),
        "first token": lambda size: partial(original.relay, original.reyielder, "burst", size, 8),
        "nested agents": lambda size: partial(original.nested_agents, size),
        "readers": lambda size: partial(original.readers_of, "paced", tokens_per_reader(size), size, late=False),
        "concurrent calls": lambda size: partial(original.calls_at_once, original.forwarder, size, "hi"),
    }


def probes() -> Mapping[str, Probe]:
    """Nothing."""
    return {}
