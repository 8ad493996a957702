"""Ours against the floors, one line per workload, in under 90 seconds.

`python -m benchmarks.quick` prints `name ours floor ratio` (times in µs per item, or in ms where the name says `first`
or `sleepers`) and fails only when a workload has become more than twice as slow, against its floor, as the ratio in
committed.json says. `--commit` writes that file anew.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from typing_extensions import override

from benchmarks.harness import Subject, measure
from benchmarks.workloads import WORKLOADS, Workload

COMMITTED = Path(__file__).with_name("committed.json")
FLOORS = Subject("floor", "benchmarks.floors")
OURS = Subject("ours", "benchmarks.ours")
TOLERANCE = 2.0
ROUNDS = 5
WIDTH = max(len(workload.name) for workload in WORKLOADS)


@dataclass(frozen=True, slots=True)
class Line:
    """Ours and the floor on one workload; `error` says why there are no numbers."""

    name: str
    ours: float
    floor: float
    error: str = ""

    @property
    def ratio(self) -> float:
        """How many times the floor's time ours takes; endless when it does not run."""
        return float("inf") if self.error else self.ours / self.floor

    @override
    def __str__(self) -> str:
        if self.error:
            return f"{self.name:<{WIDTH}}  {self.error}"
        return f"{self.name:<{WIDTH}} {self.ours:>9.3f} {self.floor:>9.3f} {self.ratio:>7.2f}"


def compare(workload: Workload) -> Line:
    """Both, interleaved; the fastest run of each counts, for whatever else the machine does only adds to it."""
    floor, ours = measure(workload, (FLOORS, OURS), rounds=ROUNDS, sizes="quick")
    return Line(workload.name, ours.low, floor.low, ours.error or floor.error)


def committed() -> dict[str, float]:
    """The ratios to hold, by workload."""
    if not COMMITTED.exists():
        return {}
    ratios: dict[str, float] = json.loads(COMMITTED.read_text())
    return ratios


def has_fallen(line: Line, ratios: dict[str, float]) -> bool:
    """Whether ours is at less than half of the speed it once had against the floor."""
    return line.ratio > TOLERANCE * ratios.get(line.name, float("inf"))


def lines(selected: str, ratios: dict[str, float]) -> Iterator[Line]:
    """A line per workload; one that has fallen is measured once more, for a machine has bad moments."""
    for workload in WORKLOADS:
        if selected in workload.name:
            line = compare(workload)
            yield compare(workload) if has_fallen(line, ratios) else line


def commit(found: list[Line]) -> None:
    """Keeps the ratios of what ran."""
    ratios = committed() | {line.name: round(line.ratio, 3) for line in found if not line.error}
    COMMITTED.write_text(json.dumps(ratios, indent=2, sort_keys=True) + "\n")


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--commit", action="store_true", help="rewrite committed.json")
    parser.add_argument("--only", default="", metavar="TEXT", help="only workloads whose name contains TEXT")
    options = parser.parse_args()
    found = []
    print(f"{'name':<{WIDTH}} {'ours':>9} {'floor':>9} {'ratio':>7}")
    for line in lines(options.only, committed()):
        print(line, flush=True)
        found.append(line)
    if options.commit:
        commit(found)
    return report(found, committed())


def report(found: list[Line], ratios: dict[str, float]) -> int:
    """Names what has fallen; 0 when nothing has."""
    fallen = [line for line in found if has_fallen(line, ratios)]
    for line in fallen:
        print(f"{line.name}: {line.ratio:.2f} times the floor; committed {ratios[line.name]:.2f}", file=sys.stderr)
    return 1 if fallen else 0


if __name__ == "__main__":
    sys.exit(main())
