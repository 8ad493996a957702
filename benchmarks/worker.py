"""One case in one process: warms up, then runs it each time a line comes in, and answers with a line of JSON."""

import argparse
import asyncio
import gc
import json
import os
import resource
import signal
import sys
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from pathlib import Path
from time import perf_counter, process_time
from types import ModuleType
from typing import Any, ClassVar, Protocol, TextIO, runtime_checkable

from benchmarks.memory import Probe, held
from benchmarks.workloads import SIZES, Case, Cases, Sample, Sizes

ROOT = Path(__file__).resolve().parent.parent
STATUS = Path("/proc/self/status")
CALIBRATION_STEPS = 60_000

LoopFactory = Callable[[], asyncio.AbstractEventLoop]
Answer = dict[str, float | str | list[str]]


@runtime_checkable
class Provider(Protocol):
    """A module with workloads."""

    def cases(self, sizes: Sizes) -> Cases:
        """Workloads by name."""
        ...


@runtime_checkable
class GrowingProvider(Protocol):
    """A module whose workloads exist at sizes of choice, and that can hold things in memory."""

    def growth(self) -> Mapping[str, Callable[[int], Case]]:
        """Workloads of a size, by axis."""
        ...

    def probes(self) -> Mapping[str, Probe]:
        """What can be held, by name."""
        ...


class CountedTask(asyncio.Task[Any]):
    """A task that is counted; put in place of `asyncio.Task` it also sees those that are made past a task factory."""

    made: ClassVar[int] = 0
    alive: ClassVar[int] = 0
    peak: ClassVar[int] = 0

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        CountedTask.made += 1
        CountedTask.alive += 1
        CountedTask.peak = max(CountedTask.peak, CountedTask.alive)
        self.add_done_callback(CountedTask.ended)

    @staticmethod
    def ended(_task: asyncio.Task[Any]) -> None:
        """Counts one less."""
        CountedTask.alive -= 1


def calibrate() -> float:
    """Milliseconds of a fixed loop: says how slow the machine was at that moment."""
    started, total = perf_counter(), 0
    for number in range(CALIBRATION_STEPS):
        total += number & 7
    return 1e3 * (perf_counter() - started)


def peak_mib() -> float:
    """The most memory this process has had; in `ru_maxrss` Linux counts the parent's too."""
    if STATUS.exists():
        return next(int(line.split()[1]) for line in STATUS.read_text().splitlines() if line.startswith("VmHWM")) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def loop_factory(name: str) -> LoopFactory:
    """The event loop to run on: `asyncio` or `uvloop`."""
    if name == "asyncio":
        return asyncio.new_event_loop
    factory: LoopFactory = import_module(name).new_event_loop
    return factory


async def _plain(case: Case) -> Sample:
    return await case()


def warm_up(case: Case, loops: LoopFactory) -> Answer:
    """One run that is not timed; says how many tasks there were, if they are counted."""
    with asyncio.Runner(loop_factory=loops) as runner:
        sample = runner.run(_plain(case))
    return {"tasks": CountedTask.made / sample.count, "tasks_alive": CountedTask.peak}


def run(case: Case, loops: LoopFactory) -> Answer:
    """One timed run."""
    gc.collect()
    before, cpu = calibrate(), process_time()
    with asyncio.Runner(loop_factory=loops) as runner:
        sample = runner.run(_plain(case))
    cpu = process_time() - cpu
    return {
        "count": sample.count,
        "seconds": sample.seconds,
        "first_seconds": sample.first_seconds,
        "cpu_seconds": cpu,
        "calibration_ms": (before + calibrate()) / 2,
    }


def imported(options: argparse.Namespace) -> ModuleType:
    """The module of workloads; a peer that shares our import name must not find our package in its place."""
    if options.installed_only:
        sys.path[:] = [entry for entry in sys.path if Path(entry).resolve() != ROOT]
    return import_module(options.module)


def provider(options: argparse.Namespace) -> Provider:
    """The module of workloads."""
    module = imported(options)
    if not isinstance(module, Provider):
        raise TypeError(f"{options.module} has no cases(sizes)")
    return module


def growing(options: argparse.Namespace) -> GrowingProvider:
    """The module of growing workloads."""
    module = imported(options)
    if not isinstance(module, GrowingProvider):
        raise TypeError(f"{options.module} has no growth() and probes()")
    return module


def names(options: argparse.Namespace) -> Iterable[str]:
    """The workloads, or the axes of growth, that the module has."""
    module = imported(options)
    return module.growth() if isinstance(module, GrowingProvider) else provider(options).cases(SIZES["quick"])


def case_of(options: argparse.Namespace) -> Case:
    """The case that the command line names."""
    if options.size:
        return growing(options).growth()[options.name](options.size)
    return provider(options).cases(SIZES[options.sizes])[options.name]


def serve(options: argparse.Namespace, out: TextIO) -> None:
    """Warms up and runs as often as asked; ends with the memory it took."""
    case, loops = case_of(options), loop_factory(options.loop)
    memory = peak_mib()
    say(out, limited(options.limit, warm_up, case, loops))
    for _line in sys.stdin:
        say(out, limited(options.limit, run, case, loops))
    say(out, {"peak_mib": peak_mib() - memory})


def limited(seconds: int, work: Callable[[Case, LoopFactory], Answer], case: Case, loops: LoopFactory) -> Answer:
    """The answer of `work`, or the end of this process when it takes longer."""
    signal.alarm(seconds)
    answer = work(case, loops)
    signal.alarm(0)
    return answer


def say(out: TextIO, answer: Answer) -> None:
    """One line for the harness."""
    print(json.dumps(answer), file=out, flush=True)


def answer(options: argparse.Namespace, out: TextIO) -> None:
    """Does what the command line asks."""
    if options.list:
        say(out, {"names": sorted(names(options))})
    elif options.probe:
        signal.alarm(options.limit)
        say(out, asyncio.run(held(growing(options).probes()[options.name], options.probe)))
    else:
        serve(options, out)


def parse(arguments: list[str]) -> argparse.Namespace:
    """The command line of the harness."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("module")
    parser.add_argument("name", nargs="?", default="")
    parser.add_argument("--sizes", choices=sorted(SIZES), default="full")
    parser.add_argument("--size", type=int, default=0, help="of a growing workload")
    parser.add_argument("--probe", type=int, default=0, help="how many to hold in memory")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--loop", choices=("asyncio", "uvloop"), default="asyncio")
    parser.add_argument("--gc-off", action="store_true")
    parser.add_argument("--count-tasks", action="store_true", help="of the first run; slows all of them down")
    parser.add_argument("--installed-only", action="store_true")
    parser.add_argument("--limit", type=int, default=60, help="seconds a run may take; the process ends after that")
    return parser.parse_args(arguments)


def main() -> None:
    """Keeps the answers apart from whatever the measured code prints."""
    options = parse(sys.argv[1:])
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    if options.gc_off:
        gc.disable()
    if options.count_tasks:  # before the measured library has taken the name
        asyncio.Task = asyncio.tasks.Task = CountedTask  # type: ignore[misc]  # only the counting process does this
    try:
        answer(options, out)
    except Exception as error:
        say(out, {"error": f"{type(error).__name__}: {error}"[:300]})
        raise


if __name__ == "__main__":
    main()
