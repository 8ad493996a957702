"""Everything: ours against floors and peers, other interpreters and loops, growth, memory; `make bench`.

Writes results.json beside this file, then the tables and pictures of docs/performance.md.
"""

import argparse
import json
import platform
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import product
from pathlib import Path

from benchmarks import environments
from benchmarks.growth.axes import AXES, PROBES
from benchmarks.harness import (
    Numbers,
    Row,
    Subject,
    WorkerFailed,
    measure,
    measure_held,
    measure_size,
    names,
    with_tasks,
)
from benchmarks.peers import PEERS
from benchmarks.report import write_report
from benchmarks.worker import ROOT
from benchmarks.workloads import WORKLOADS, Measure, Workload

RESULTS = Path(__file__).with_name("results.json")
FLOORS = Subject("floor", "benchmarks.floors")
OURS = Subject("ours", "benchmarks.ours")
GROWING = (
    Subject("floor", "benchmarks.growth.floors"),
    Subject("ours", "benchmarks.growth.ours"),
)
ORIGINAL = PEERS[0]
SHORT = (
    "w1.burst.forward.k8",
    "w1.paced.reyield.k8",
    "w2.replay",
    "w2.live.paced",
    "w3.tree",
    "w4.concurrent",
    "w5.construct",
)
GROWTH_SECONDS = 30


def say(*words: object) -> None:
    """Progress, on the error stream."""
    print(*words, file=sys.stderr, flush=True)


def peers() -> list[Subject]:
    """The peers that can be installed."""
    found = [(peer, installed(peer.name, peer.requirement)) for peer in PEERS]
    return [Subject(peer.name, peer.module, python, installed_only=True) for peer, python in found if python]


def installed(name: str, requirement: str) -> str | None:
    """The interpreter of a peer; a peer that cannot be had is left out, with a word."""
    try:
        return environments.environment(name.replace(" ", "-"), requirement)
    except subprocess.CalledProcessError as error:
        say(f"{name} is left out: {error}")
        return None


def workloads_of(subject: Subject) -> list[str]:
    """What a subject has; a peer that does not run here is left out, with a word."""
    try:
        return names(subject)
    except WorkerFailed as error:
        if not subject.installed_only:
            raise
        say(error)
        return []


def main_pass(subjects: Sequence[Subject], rounds: int, only: str = "") -> Iterator[Row]:
    """All workloads whose name has `only` in it, each with everybody who has it."""
    having = {subject: workloads_of(subject) for subject in subjects}
    for workload in WORKLOADS:
        if only not in workload.name:
            continue
        say(workload.title)
        present = [subject for subject in subjects if workload.name in having[subject]]
        for row, subject in zip(measure(workload, present, rounds=rounds), present, strict=True):
            yield row if row.error else with_tasks(row, workload, subject)


def other_pairs() -> Iterator[tuple[Subject, Subject]]:
    """Floors and ours where the interpreter or the loop is another one."""
    uvloop = environments.with_ours("uvloop", "uvloop")
    yield _pair(uvloop, loop="uvloop")
    if python := environments.other_python():
        other = environments.with_ours(f"python-{environments.OTHER_PYTHON}", python=python)
        yield _pair(other, version=environments.OTHER_PYTHON)
    else:
        say(f"no Python {environments.OTHER_PYTHON} here; BENCH_PYTHON may name one")


def _pair(python: str, version: str = FLOORS.python_version, loop: str = "asyncio") -> tuple[Subject, Subject]:
    floor = Subject(FLOORS.name, FLOORS.module, python, version, loop)
    return floor, Subject(OURS.name, OURS.module, python, version, loop)


def other_pass(rounds: int) -> Iterator[Row]:
    """A few workloads on uvloop and on another Python."""
    for pair, workload in product(other_pairs(), WORKLOADS):
        if workload.name in SHORT:
            say(pair[0].loop, pair[0].python_version, workload.title)
            yield from measure(workload, pair, rounds=rounds)


def growth_pass(subjects: Sequence[Subject], rounds: int) -> Iterator[Row]:
    """Cost at many sizes, with the garbage collector off; a subject stops at the first size it cannot do."""
    having = {subject: workloads_of(subject) for subject in subjects}
    for name, subject in product(AXES, subjects):
        if name in having[subject]:
            say("growth:", name, subject.name)
            yield from growth_of(subject, name, rounds)


def growth_of(subject: Subject, name: str, rounds: int) -> Iterator[Row]:
    """One subject along one axis."""
    kind = Measure.FIRST_ITEM if name == "first token" else Measure.PER_ITEM
    workload = Workload(name, AXES[name].title, kind)
    for size in AXES[name].sizes:
        row = measure_size(workload, subject, size, rounds=rounds, limit=GROWTH_SECONDS)
        yield row
        if row.error:
            return


def growing(with_original: bool) -> list[Subject]:
    """Who is looked at for growth, with the garbage collector off."""
    subjects = [Subject(subject.name, subject.module, gc=False) for subject in GROWING]
    python = installed(ORIGINAL.name, ORIGINAL.requirement) if with_original else None
    if python:
        subjects.append(Subject(ORIGINAL.name, "benchmarks.growth.original", python, gc=False, installed_only=True))
    return subjects


def memory_pass() -> dict[str, dict[str, Numbers]]:
    """What a token, a message and a call take, by subject."""
    return {subject.name: held_by(subject) for subject in GROWING}


def held_by(subject: Subject) -> dict[str, Numbers]:
    """What each thing that can be held takes."""
    return {name: measure_held(subject, name, count) for name, (_, count) in PROBES.items()}


def machine() -> dict[str, object]:
    """What the numbers were taken on."""
    return {"python": platform.python_version(), "system": platform.system(), "processor": platform.machine()}


def plain(found: Iterable[Row]) -> list[dict[str, object]]:
    """Rows as they go into the file."""
    return [row.as_json() for row in found]


def everything(options: argparse.Namespace) -> None:
    """All passes, each kept as soon as it is over; `--ours-only` leaves out what needs other environments."""
    subjects = [FLOORS, OURS, *([] if options.ours_only else peers())]
    few = min(3, options.rounds)
    results: dict[str, object] = {"machine": machine(), "workloads": [], "others": [], "growth": [], "memory": {}}
    passes: dict[str, Callable[[], object]] = {
        "workloads": lambda: plain(main_pass(subjects, options.rounds)),
        "memory": memory_pass,
        "others": lambda: plain([] if options.ours_only else other_pass(few)),
        "growth": lambda: plain(growth_pass(growing(not options.ours_only), few)),
    }
    for name, measured in passes.items():
        results[name] = measured()
        RESULTS.write_text(json.dumps(results, indent=1) + "\n")


def again(options: argparse.Namespace) -> None:
    """Some workloads anew, for a machine has bad moments; everything else stays as it is."""
    results = json.loads(RESULTS.read_text())
    rows = plain(main_pass([FLOORS, OURS, *peers()], options.rounds, options.only))
    anew = {(row["workload"], row["subject"]): row for row in rows}
    results["workloads"] = [anew.get((row["workload"], row["subject"]), row) for row in results["workloads"]]
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")


def main() -> None:
    """Measures, keeps the results and writes what people read."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="timed runs of every case")
    parser.add_argument("--ours-only", action="store_true", help="without peers, other interpreters and loops")
    parser.add_argument("--only", default="", metavar="TEXT", help="anew only workloads whose name contains TEXT")
    parser.add_argument("--report-only", action="store_true", help="from the results that are there")
    options = parser.parse_args()
    if options.only:
        again(options)
    elif not options.report_only:
        everything(options)
    write_report(RESULTS)
    pictures = environments.environment("pictures", "matplotlib")
    subprocess.run([pictures, "-m", "benchmarks.pictures"], cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
