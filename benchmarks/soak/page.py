"""The figures, as docs/reliability.md shows them, and what in them breaks a promise."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.report import table, with_table
from benchmarks.soak.load import Load
from benchmarks.soak.server import Served

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reliability.md"
RESULTS = ROOT / "benchmarks" / "soak.json"

NOISE = 32 * 1024
"""Bytes that the interpreter may keep for itself (free lists, tables), however many calls there were."""

Figures = dict[str, Any]


def figures(main: Load, traced: Load, served: Served) -> Figures:
    """Everything that is known afterwards, as plain data."""
    accounts = main.accounts
    latencies = sorted(accounts.latencies)
    return {
        "seed": main.seed,
        "calls": accounts.calls,
        "at_once": main.most_at_once,
        "seconds": round(main.seconds, 1),
        "messages": accounts.messages,
        "lost": accounts.lost,
        "faults": dict(sorted(accounts.faults.items())),
        "wrong": accounts.wrong[:20],
        "errors_reported": dict(main.reported),
        "cancelled": accounts.cancelled,
        "cancellations_not_honoured": accounts.not_honoured,
        "cancellation_ms": [round(1000 * value, 1) for value in _middle_and_tail(latencies)],
        "deadlocks_planted": dict(main.deadlocks.planted),
        "deadlocks_found": dict(main.deadlocks.found),
        "deadlock_longest_ms": round(1000 * main.deadlocks.longest),
        "longest_stall_ms": round(1000 * main.stalls.longest),
        "longest_stall_of_own_work_ms": round(1000 * main.stalls.longest_of_own),
        "longest_collection_ms": round(1000 * main.stalls.longest_collection),
        "left": _left(main, traced),
        "server": {
            "calls": served.calls,
            "seconds": round(served.seconds, 1),
            "memory": served.memory,
            "growth": served.growth,
            "tasks": served.tasks,
        },
    }


def _middle_and_tail(values: Sequence[float]) -> tuple[float, float, float]:
    """The median, the 99th percentile and the highest."""
    if not values:
        return 0.0, 0.0, 0.0
    return values[len(values) // 2], values[len(values) * 99 // 100], values[-1]


def _left(main: Load, traced: Load) -> Figures:
    assert main.left is not None and traced.left is not None, "both have run"
    return {
        "tasks": main.left.tasks,
        "timers": main.left.timers,
        "handles": main.left.handles,
        "objects": main.left.objects,
        "bytes": traced.left.bytes,
        "bytes_of_calls": traced.accounts.calls,
    }


def broken(found: Figures) -> list[str]:
    """The promises that these figures break."""
    left, server = found["left"], found["server"]
    claims = {
        f"{found['lost']} messages lost": found["lost"] == 0,
        f"not as planned: {found['wrong']}": not found["wrong"],
        f"errors of callbacks got lost: {found['errors_reported']}": _callbacks_reported(found),
        "cancellations not honoured": found["cancellations_not_honoured"] == 0,
        "deadlocks not found": found["deadlocks_found"] == found["deadlocks_planted"],
        f"left behind: {left}": left["tasks"] == left["timers"] == 0 and left["handles"] <= 0,
        f"{left['bytes']} bytes left": left["bytes"] < NOISE,
        f"the server grew: {server['memory']}": server["growth"] < NOISE,
        "the server left tasks behind": server["tasks"] == 0,
    }
    return [claim for claim, holds in claims.items() if not holds]


def _callbacks_reported(found: Figures) -> bool:
    reported: int = found["errors_reported"].get("Planned", 0)
    expected: int = found["faults"].get("a callback raises", 0)
    return reported == expected


def lines(found: Figures) -> list[tuple[str, str]]:
    """The figures with their names, for people."""
    left, server = found["left"], found["server"]
    middle, tail, highest = found["cancellation_ms"]
    return [
        ("calls of a pipeline of four agents", f"{found['calls']:,} in {found['seconds']:,} s"),
        ("most of them at once", f"{found['at_once']:,}"),
        ("messages seen by their readers", f"{found['messages']:,}"),
        ("messages lost, doubled, changed or out of place", f"{found['lost']:,}"),
        ("faults injected", f"{sum(found['faults'].values()):,}"),
        *((f"– {fault}", f"{count:,}") for fault, count in found["faults"].items()),
        ("cancellations heard of by a reader", f"{found['cancelled']:,}"),
        ("– after which something still ran", f"{found['cancellations_not_honoured']:,}"),
        ("– until heard of: median / 99 % / longest", f"{middle} / {tail} / {highest} ms"),
        *(
            (f"deadlocks planted / found: {kind}", f"{count} / {found['deadlocks_found'].get(kind, 0)}")
            for kind, count in found["deadlocks_planted"].items()
        ),
        ("longest time until one was found", f"{found['deadlock_longest_ms']:,} ms"),
        ("longest stall of the loop", f"{found['longest_stall_ms']:,} ms"),
        ("longest stall, in time that the process worked", f"{found['longest_stall_of_own_work_ms']:,} ms"),
        ("longest pass of the garbage collector, of that", f"{found['longest_collection_ms']:,} ms"),
        ("tasks / timers / handles left", f"{left['tasks']} / {left['timers']} / {left['handles']}"),
        (f"bytes left after {left['bytes_of_calls']:,} of these calls", f"{left['bytes']:,}"),
        ("calls of a server without an end", f"{server['calls']:,} in {server['seconds']:,} s"),
        ("– bytes held after the first tenth / at the end", f"{server['memory'][0]:,} / {server['memory'][-1]:,}"),
    ]


def write_page(found: Figures) -> None:
    """Puts the figures between their markers; the text around them stays."""
    PAGE.write_text(with_table(PAGE.read_text(), "soak", _tabled(found)))


def _tabled(found: Figures) -> str:
    return f"Seed {found['seed']}.\n\n{table(['', 'figure'], lines(found))}"


def printed(pairs: Iterable[tuple[str, str]]) -> str:
    """The same for a terminal."""
    rows: Mapping[str, str] = dict(pairs)
    width = max(map(len, rows))
    return "\n".join(f"{name:<{width}}  {value}" for name, value in rows.items())
