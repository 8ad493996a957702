"""`python -m benchmarks.soak [--short] [--seed N]`: load, errors and cancellations, and what is left at the end.

The long form writes `benchmarks/soak.json` and the figures in `docs/reliability.md`; the short one is for every check.
Both fail when a promise is broken, and print the seed with which it can be seen again.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tracemalloc
from dataclasses import dataclass
from random import SystemRandom

from benchmarks.soak.load import Load, load
from benchmarks.soak.page import RESULTS, broken, figures, lines, printed, write_page
from benchmarks.soak.progress import bar
from benchmarks.soak.server import Served, serve


@dataclass(frozen=True, slots=True)
class Size:
    """How much load."""

    calls: int
    seconds: float
    rings: int
    traced_calls: int
    traced_seconds: float
    served: int


LONG = Size(calls=10_000, seconds=60.0, rings=30, traced_calls=2_000, traced_seconds=15.0, served=100_000)
SHORT = Size(calls=600, seconds=3.0, rings=3, traced_calls=200, traced_seconds=1.0, served=1_500)


def _loaded(seed: int, size: Size) -> Load:
    with bar(f"{size.calls:,} calls at once", size.calls) as step:
        return asyncio.run(load(seed, size.calls, size.seconds, size.rings, step))


def _traced(seed: int, size: Size) -> Load:
    """The load again, smaller, with every byte counted, which would slow down the large one."""
    tracemalloc.start(1)
    try:
        with bar(f"{size.traced_calls:,} of them, counting bytes", size.traced_calls) as step:
            return asyncio.run(load(seed, size.traced_calls, size.traced_seconds, 1, step, 2 * size.traced_calls))
    finally:
        tracemalloc.stop()


def _served(seed: int, size: Size) -> Served:
    with bar(f"{size.served:,} calls of a server", size.served) as step:
        return asyncio.run(serve(seed, size.served, step))


def main() -> None:
    """Runs everything and says what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help="seconds instead of minutes; writes nothing")
    parser.add_argument("--seed", type=int, help="the seed of an earlier run")
    options = parser.parse_args()
    seed: int = SystemRandom().getrandbits(32) if options.seed is None else options.seed
    size = SHORT if options.short else LONG
    print(f"seed {seed}", flush=True)
    found = figures(_loaded(seed, size), _traced(seed, size), _served(seed, size))
    print(printed(lines(found)))
    if not options.short:
        RESULTS.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
        write_page(found)
    for claim in broken(found):
        print(f"BROKEN (seed {seed}): {claim}", file=sys.stderr)
    if broken(found):
        sys.exit(1)


if __name__ == "__main__":
    main()
