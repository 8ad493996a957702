"""Where the time goes: our workloads under cProfile, as the section of docs/performance.md that says so.

`python -m benchmarks.hotspots` rewrites that section. Shares are of the time under the profiler, which makes calls
dearer than they are: they say where to look, not how long it takes.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from cProfile import Profile
from pathlib import Path
from pstats import Stats
from typing import Any, Final

import miniagents
from benchmarks import ours
from benchmarks.report import table, with_table
from benchmarks.workloads import SIZES

ROOT: Final = Path(__file__).resolve().parent.parent
PAGE: Final = ROOT / "docs" / "performance.md"
PACKAGE: Final = str(Path(miniagents.__file__).parent)

SHOWN: Final = ("w1.burst.reyield.k8", "w1.paced.reyield.k8", "w1.paced.operators.k8", "w3.tree", "w4.concurrent")
OURS_SHOWN: Final = 5
"""How many of our own functions a row names."""


def own_times(case: Any) -> dict[tuple[str, int, str], float]:
    """Seconds spent in each function itself, by (file, line, name), in one run after a warm-up."""
    asyncio.run(case())
    profile = Profile()
    profile.enable()
    asyncio.run(case())
    profile.disable()
    found: Mapping[Any, Any] = Stats(profile).stats  # type: ignore[attr-defined]  # typeshed leaves it out
    return {function: entry[2] for function, entry in found.items()}


def place(file: str) -> str:
    """Whose code it is: ours by module, the loop, the workload, or the interpreter's."""
    if file.startswith(PACKAGE):
        return Path(file).stem
    if "asyncio" in file or "selectors" in file:
        return "asyncio"
    return "the workload" if file.startswith(str(ROOT)) else "built-in"


def row(name: str, times: Mapping[tuple[str, int, str], float]) -> list[str]:
    """The shares of one workload: ours, asyncio's, the rest's, and our dearest functions."""
    whole = sum(times.values())
    shares: dict[str, float] = defaultdict(float)
    ours_by_name: dict[str, float] = defaultdict(float)
    for (file, _, function), seconds in times.items():
        kind = place(file)
        if file.startswith(PACKAGE):
            ours_by_name[f"`{kind}.{function}`"] += seconds / whole
            kind = "ours"
        shares[kind] += seconds / whole
    dearest = sorted(ours_by_name.items(), key=lambda item: -item[1])[:OURS_SHOWN]
    cells = [f"{100 * shares[kind]:.0f} %" for kind in ("ours", "asyncio", "built-in", "the workload")]
    return [name, *cells, ", ".join(f"{function} {100 * share:.0f} %" for function, share in dearest)]


def main() -> None:
    """Profile, and rewrite the section."""
    cases = ours.cases(SIZES["quick"])
    head = ("workload", "ours", "asyncio", "built-in", "the workload itself", "our dearest functions")
    body = [row(name, own_times(cases[name])) for name in SHOWN]
    PAGE.write_text(with_table(PAGE.read_text(), "profile", table(head, body)))


if __name__ == "__main__":
    main()
