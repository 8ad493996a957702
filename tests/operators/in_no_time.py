"""Async tests in virtual time: a minute passes at once, and what is left at the end is a failure."""

import asyncio
import functools
from collections.abc import Callable, Coroutine
from typing import ParamSpec

from tests.laws.clock import run_in_no_time

P = ParamSpec("P")


def in_no_time(test: Callable[P, Coroutine[object, object, None]]) -> Callable[P, None]:
    """The same test as a plain function, on a loop whose clock jumps."""

    async def leaving_nothing(*args: P.args, **kwargs: P.kwargs) -> None:
        await test(*args, **kwargs)
        await asyncio.sleep(0)
        left = asyncio.all_tasks() - {asyncio.current_task()}
        assert not left, "tasks left behind"

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        run_in_no_time(leaving_nothing(*args, **kwargs))

    return run


def now() -> float:
    """The virtual seconds since the test began."""
    return asyncio.get_running_loop().time()


def skip(seconds: float) -> None:
    """Let so many seconds pass at once, on a loop in real time: its timers until then are due."""
    loop = asyncio.get_running_loop()
    before = loop.time
    loop.time = lambda: before() + seconds  # type: ignore[method-assign]  # each test has a loop of its own
