"""How many bytes and objects one token, message or call takes while it is held."""

import asyncio
import gc
import tracemalloc
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TypeAlias

# Holds that many of something inside its block.
Probe: TypeAlias = Callable[[int], AbstractAsyncContextManager[object]]

WARM_UP = 50


async def held(probe: Probe, count: int) -> dict[str, float | str | list[str]]:
    """Bytes, objects that the garbage collector tracks and tasks, each per thing held."""
    async with probe(WARM_UP):
        pass
    gc.collect()
    tracemalloc.start()
    objects, tasks = len(gc.get_objects()), len(asyncio.all_tasks())
    size, _ = tracemalloc.get_traced_memory()
    async with probe(count) as things:
        gc.collect()
        found: dict[str, float | str | list[str]] = {
            "bytes": (tracemalloc.get_traced_memory()[0] - size) / count,
            "objects": (len(gc.get_objects()) - objects) / count,
            "tasks": (len(asyncio.all_tasks()) - tasks) / count,
        }
        del things
    return found
