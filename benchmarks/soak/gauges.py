"""What the process holds at a moment, and how long the loop stood still."""

from __future__ import annotations

import asyncio
import gc
import os
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time

BEAT = 0.005
"""Seconds between two looks at whether the loop turns."""


@dataclass(frozen=True, slots=True)
class Held:
    """What is there."""

    tasks: int
    timers: int
    handles: int
    """Open file descriptors."""
    objects: int
    """What the garbage collector knows of."""
    bytes: int
    """Traced memory, or 0 where it is not traced."""

    def since(self, before: Held) -> Held:
        """What is there more than before."""
        return Held(
            self.tasks - before.tasks,
            self.timers - before.timers,
            self.handles - before.handles,
            self.objects - before.objects,
            self.bytes - before.bytes,
        )


async def held() -> Held:
    """What there is after everything that was due has happened."""
    for _ in range(5):
        await asyncio.sleep(0)
    gc.collect()
    loop = asyncio.get_running_loop()
    timers = [timer for timer in getattr(loop, "_scheduled", ()) if not timer.cancelled()]
    return Held(
        tasks=len(asyncio.all_tasks()) - 1,
        timers=len(timers),
        handles=_open_handles(),
        objects=len(gc.get_objects()),
        bytes=tracemalloc.get_traced_memory()[0],
    )


def _open_handles() -> int:
    folder = Path("/proc/self/fd")
    return len(os.listdir(folder)) if folder.exists() else 0


class Stalls:
    """The longest time for which the loop did not turn: on the clock, and of this process's own work.

    They differ by the time that the machine gave to others. What takes long while thousands of calls are open is a full
    pass of Python's garbage collector over all that they hold, so the longest of those is told beside them.
    """

    def __init__(self) -> None:
        self.longest = 0.0
        self.longest_of_own = 0.0
        self.longest_collection = 0.0
        self._collecting_since = 0.0

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        """Looks, for as long as the block runs."""
        heart = asyncio.ensure_future(self._beat())
        gc.callbacks.append(self._collection)
        try:
            yield
        finally:
            gc.callbacks.remove(self._collection)
            heart.cancel()
            with suppress(asyncio.CancelledError):
                await heart

    async def _beat(self) -> None:
        while True:
            before, worked = perf_counter(), process_time()
            await asyncio.sleep(BEAT)
            self.longest = max(self.longest, perf_counter() - before - BEAT)
            self.longest_of_own = max(self.longest_of_own, process_time() - worked)

    def _collection(self, phase: str, _: dict[str, int]) -> None:
        now = perf_counter()
        if phase == "start":
            self._collecting_since = now
        else:
            self.longest_collection = max(self.longest_collection, now - self._collecting_since)
