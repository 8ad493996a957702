"""Starts a worker per case, interleaves their runs, and gives a row per case."""

import json
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from statistics import median
from sys import executable, version_info
from typing import TypeAlias

from benchmarks.worker import ROOT
from benchmarks.workloads import Measure, Sample, Workload

Numbers: TypeAlias = dict[str, float]
Step: TypeAlias = Callable[["Entry"], None]


CURRENT = f"{version_info.major}.{version_info.minor}"


@dataclass(frozen=True, slots=True)
class Subject:
    """Who is measured: a module of workloads and the interpreter that runs it."""

    name: str
    module: str
    python: str = executable
    python_version: str = CURRENT
    loop: str = "asyncio"
    gc: bool = True
    installed_only: bool = False

    def command(self, *arguments: str) -> list[str]:
        """The command line of a worker."""
        flags = ["--loop", self.loop]
        flags += ["--gc-off"] * (not self.gc) + ["--installed-only"] * self.installed_only
        return [self.python, "-m", "benchmarks.worker", self.module, *arguments, *flags]


@dataclass(frozen=True, slots=True)
class Row:
    """One case of one subject; times in the unit of its workload, over `runs` runs."""

    workload: str
    subject: str
    python: str
    loop: str
    gc: bool
    size: int = 0
    runs: int = 0
    median: float = 0.0
    low: float = 0.0
    high: float = 0.0
    calibration_ms: float = 0.0
    tasks: float = 0.0
    tasks_alive: float = 0.0
    peak_mib: float = 0.0
    error: str = ""

    def as_json(self) -> dict[str, object]:
        """Plain values, rounded to what is meant."""
        return {name: round(value, 4) if isinstance(value, float) else value for name, value in asdict(self).items()}


class WorkerFailed(Exception):
    """A worker that answered with an error, or ended without an answer."""


class Worker:
    """The process of one case; idle between its runs."""

    def __init__(self, subject: Subject, *arguments: str, quiet: bool = True) -> None:
        self.subject = subject
        self.process = subprocess.Popen(
            subject.command(*arguments),
            cwd=ROOT,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL if quiet else None,
        )

    def answer(self) -> Numbers:
        """Waits for the next line of the worker."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise WorkerFailed(f"ended without an answer (exit status {self.process.wait()})")
        answer: Numbers = json.loads(line)
        if "error" in answer:
            raise WorkerFailed(str(answer["error"]))
        return answer

    def run(self) -> Numbers:
        """One timed run."""
        assert self.process.stdin is not None
        self.process.stdin.write("run\n")
        self.process.stdin.flush()
        return self.answer()

    def finish(self) -> Numbers:
        """Ends the worker after its last run."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.answer()

    def stop(self) -> None:
        """Ends the worker whatever it does, and frees its pipes."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()


@dataclass(slots=True)
class Entry:
    """A worker with what it has answered so far."""

    worker: Worker
    runs: list[Numbers] = field(default_factory=list)
    end: Numbers = field(default_factory=dict)
    error: str = ""

    def attempt(self, step: Step) -> None:
        """Takes one step, unless an earlier one has failed."""
        if self.error:
            return
        try:
            step(self)
        except (WorkerFailed, BrokenPipeError) as error:
            self.error = str(error)
            self.worker.stop()


def measure(workload: Workload, subjects: Sequence[Subject], *, rounds: int, sizes: str = "full") -> list[Row]:
    """A row per subject; in every round each subject runs once, so that a slow minute of the machine hits them all."""
    entries = [Entry(Worker(subject, workload.name, "--sizes", sizes)) for subject in subjects]
    return _rows(entries, workload, rounds)


def measure_size(workload: Workload, subject: Subject, size: int, *, rounds: int, limit: int) -> Row:
    """The row of a growing workload at one size."""
    worker = Worker(subject, workload.name, "--size", str(size), "--limit", str(limit))
    return replace(_rows([Entry(worker)], workload, rounds)[0], size=size)


def with_tasks(row: Row, workload: Workload, subject: Subject) -> Row:
    """The row with the tasks of one more run, made where tasks are counted."""
    worker = Worker(subject, workload.name, "--count-tasks")
    try:
        numbers = worker.answer()
    except WorkerFailed:
        return row
    finally:
        worker.stop()
    return replace(row, tasks=numbers["tasks"], tasks_alive=numbers["tasks_alive"])


def measure_held(subject: Subject, name: str, count: int) -> Numbers:
    """Bytes, tracked objects and tasks per thing held; empty when the subject has no such thing."""
    worker = Worker(subject, name, "--probe", str(count))
    try:
        return worker.answer()
    except WorkerFailed:
        return {}
    finally:
        worker.stop()


def names(subject: Subject) -> list[str]:
    """The workloads that a subject has."""
    listing = subprocess.run(subject.command("--list"), cwd=ROOT, capture_output=True, text=True, check=False)
    answer: dict[str, list[str]] = json.loads(listing.stdout or "{}")
    if "names" not in answer:
        raise WorkerFailed(f"{subject.name} cannot be measured: {answer.get('error', listing.stderr)}")
    return answer["names"]


def _rows(entries: Sequence[Entry], workload: Workload, rounds: int) -> list[Row]:
    try:
        for step in (_warm_up, *[_run] * rounds, _finish):
            for entry in entries:
                entry.attempt(step)
        return [_row(entry, workload) for entry in entries]
    finally:
        for entry in entries:
            entry.worker.stop()


def _warm_up(entry: Entry) -> None:
    entry.worker.answer()


def _run(entry: Entry) -> None:
    entry.runs.append(entry.worker.run())


def _finish(entry: Entry) -> None:
    entry.end = entry.worker.finish()


def _row(entry: Entry, workload: Workload) -> Row:
    subject = entry.worker.subject
    row = Row(workload.name, subject.name, subject.python_version, subject.loop, subject.gc, error=entry.error)
    return row if entry.error else _filled(row, entry, workload.measure)


def _filled(row: Row, entry: Entry, kind: Measure) -> Row:
    values = [_sample(numbers).value(kind) for numbers in entry.runs]
    return replace(
        row,
        runs=len(values),
        median=median(values),
        low=min(values),
        high=max(values),
        calibration_ms=median(numbers["calibration_ms"] for numbers in entry.runs),
        peak_mib=entry.end["peak_mib"],
    )


def _sample(numbers: Numbers) -> Sample:
    return Sample(int(numbers["count"]), numbers["seconds"], numbers["first_seconds"])
