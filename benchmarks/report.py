"""Tables of docs/performance.md, from results.json."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.growth.axes import AXES, PROBES
from benchmarks.harness import Row
from benchmarks.worker import ROOT
from benchmarks.workloads import WORKLOADS, Measure, Workload

PAGE = ROOT / "docs" / "performance.md"
NOTHING = "–"


def write_report(results: Path) -> None:
    """Puts every table between its markers; the text around them stays."""
    page = PAGE.read_text()
    for name, table in tables(json.loads(results.read_text())).items():
        page = with_table(page, name, table)
    PAGE.write_text(page)


def with_table(page: str, name: str, table: str) -> str:
    """The page with this table between its markers."""
    begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    found = re.subn(f"{begin}.*?{end}", lambda _match: f"{begin}\n{table}\n{end}", page, flags=re.DOTALL)
    if found[1] != 1:
        raise ValueError(f"{PAGE.name} has {begin} … {end} {found[1]} times; it needs it once")
    return found[0]


def tables(results: Mapping[str, Any]) -> dict[str, str]:
    """All tables, by the name of their markers."""
    return {
        "machine": machine(results),
        "workloads": workloads(rows(results["workloads"])),
        "tasks": tasks(rows(results["workloads"])),
        "others": others(rows(results["workloads"]), rows(results["others"])),
        "growth": growth(rows(results["growth"])),
        "memory": memory(results["memory"]),
    }


def rows(plain: Iterable[Mapping[str, Any]]) -> list[Row]:
    """The rows of a pass."""
    return [Row(**row) for row in plain]


def number(value: float) -> str:
    """Three digits that mean something."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.3g}"


def table(head: Sequence[str], body: Iterable[Sequence[str]]) -> str:
    """A table whose columns after the first are numbers."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *body]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def machine(results: Mapping[str, Any]) -> str:
    """The interpreter, and how slow the machine was meanwhile."""
    found = results["machine"]
    times = sorted(row.calibration_ms for row in rows(results["workloads"]) if not row.error)
    return (
        f"Python {found['python']} on {found['system']} ({found['processor']}); the calibration loop took "
        f"{times[0]:.2f} to {times[-1]:.2f} ms, {times[len(times) // 2]:.2f} in the middle."
    )


def by_case(found: Iterable[Row]) -> dict[tuple[str, str], Row]:
    """Rows that hold numbers, by workload and subject."""
    return {(row.workload, row.subject): row for row in found if not row.error}


def workloads(found: Sequence[Row]) -> str:
    """Everybody on every workload; behind each peer's time, how many times ours it is."""
    cases, subjects = by_case(found), list(dict.fromkeys(row.subject for row in found))
    others = [subject for subject in subjects if subject not in ("floor", "ours")]
    body = [
        [titled(workload), *ours_cells(cases, workload), *[peer_cell(cases, workload, peer) for peer in others]]
        for workload in WORKLOADS
    ]
    return table(["workload", "floor", "ours", "lowest–highest", "ours / floor", *others], body)


def titled(workload: Workload) -> str:
    """What was measured, and in which unit where it is not µs per item."""
    return workload.title if workload.measure is Measure.PER_ITEM else f"{workload.title} ({workload.measure.value})"


def ours_cells(cases: Mapping[tuple[str, str], Row], workload: Workload) -> list[str]:
    """Floor, ours, spread, ratio."""
    floor, ours = cases.get((workload.name, "floor")), cases.get((workload.name, "ours"))
    cells = [number(floor.median) if floor else NOTHING]
    if not ours:
        return [*cells, NOTHING, NOTHING, NOTHING]
    ratio = f"{ours.median / floor.median:.2f}" if floor else NOTHING
    return [*cells, f"**{number(ours.median)}**", f"{number(ours.low)}–{number(ours.high)}", ratio]


def peer_cell(cases: Mapping[tuple[str, str], Row], workload: Workload, peer: str) -> str:
    """A peer's time, and how many times ours it is."""
    ours, other = cases.get((workload.name, "ours")), cases.get((workload.name, peer))
    if not other:
        return NOTHING
    return f"{number(other.median)} ({number(other.median / ours.median)}×)" if ours else number(other.median)


def tasks(found: Sequence[Row]) -> str:
    """Tasks and memory of a run, ours against the floor."""
    cases = by_case(found)
    body = [
        [workload.title, *[task_cell(cases.get((workload.name, subject))) for subject in ("floor", "ours")]]
        for workload in WORKLOADS
    ]
    return table(["workload", "floor", "ours"], body)


def task_cell(row: Row | None) -> str:
    """Three numbers, or nothing."""
    return f"{row.tasks:.3g} / {row.tasks_alive:.0f} / {row.peak_mib:.1f}" if row else NOTHING


def others(main: Sequence[Row], found: Sequence[Row]) -> str:
    """Ours against the floor on other loops and interpreters."""
    kinds = list(dict.fromkeys((row.python, row.loop) for row in [*main, *found]))
    chosen = {row.workload for row in found}
    body = [
        [workload.title, *[pair_cell([*main, *found], workload, kind) for kind in kinds]]
        for workload in WORKLOADS
        if workload.name in chosen
    ]
    return table(["workload", *[f"Python {python}, {loop}" for python, loop in kinds]], body)


def pair_cell(found: Iterable[Row], workload: Workload, kind: tuple[str, str]) -> str:
    """Ours and its ratio to the floor of the same kind."""
    cases = by_case(row for row in found if (row.python, row.loop) == kind)
    floor, ours = cases.get((workload.name, "floor")), cases.get((workload.name, "ours"))
    return f"{number(ours.median)} ({ours.median / floor.median:.2f})" if floor and ours else NOTHING


def growth(found: Sequence[Row]) -> str:
    """Cost per item at every size, and how many times the cheapest size the largest one costs."""
    body = []
    for name, axis in AXES.items():
        for subject in dict.fromkeys(row.subject for row in found):
            points = [row for row in found if (row.workload, row.subject) == (name, subject)]
            if points:
                body.append([f"{axis.title}, {axis.unit}", subject, size_cells(points), growth_factor(points)])
    return table(["along", "who", "size: cost", "largest / cheapest"], body)


def size_cells(points: Sequence[Row]) -> str:
    """All sizes in one cell."""
    return " · ".join(f"{row.size:,}: {'fails' if row.error else number(row.median)}" for row in points)


def growth_factor(points: Sequence[Row]) -> str:
    """1.0 when cost per item does not depend on size."""
    if points[-1].error:
        return NOTHING
    return f"{points[-1].median / min(row.median for row in points):.2f}"


def memory(held: Mapping[str, Mapping[str, Mapping[str, float]]]) -> str:
    """Bytes, tracked objects and tasks of one thing held."""
    body = [
        [title, *[memory_cell(found.get(name, {})) for found in held.values()]] for name, (title, _) in PROBES.items()
    ]
    return table(["held", *held], body)


def memory_cell(found: Mapping[str, float]) -> str:
    """Three numbers, or nothing."""
    if not found:
        return NOTHING
    return f"{number(found['bytes'])} B / {found['objects']:.1f} / {found['tasks']:.1f}"
