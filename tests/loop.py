"""Running a coroutine on an event loop of its own, and failing on what it leaves behind."""

import asyncio
import functools
import gc
import logging
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

from typing_extensions import override

from tests.stacks import describe

P = ParamSpec("P")
T = TypeVar("T")

TURNS_TO_SETTLE = 5


def run(main: Coroutine[object, object, T]) -> T:
    """Run `main` on a fresh loop and return its value; for property tests and others that are plain functions.

    Fails when `main` leaves a task behind, or an exception that nobody retrieved or caught.
    """
    with nothing_reported(), asyncio.Runner() as runner:
        value, leaked = runner.run(_with_leaks(main))
    assert not leaked, "tasks left behind\n" + "\n".join(leaked)
    return value


def on_fresh_loop(test: Callable[P, Coroutine[object, object, T]]) -> Callable[P, T]:
    """The same test as a plain function."""

    @functools.wraps(test)
    def run_it(*args: P.args, **kwargs: P.kwargs) -> T:
        return run(test(*args, **kwargs))

    return run_it


@contextmanager
def nothing_reported() -> Iterator[None]:
    """Fail when asyncio had to report an error of the block because no code took it.

    A test that expects such a report takes it itself: `asyncio.get_running_loop().set_exception_handler(...)`.
    """
    reports: list[str] = []
    logger = logging.getLogger("asyncio")
    outer, logger.handlers = logger.handlers, [_Listener(reports)]  # of watches inside each other the inner one hears
    try:
        yield
        gc.collect()  # an exception is "never retrieved", and a transport "unclosed", when its owner is collected
    finally:
        logger.handlers = outer
    assert not reports, "reported to the event loop\n" + "\n".join(reports)


async def _with_leaks(main: Coroutine[object, object, T]) -> tuple[T, list[str]]:
    value = await main
    for _ in range(TURNS_TO_SETTLE):
        if not _other_tasks():
            break
        await asyncio.sleep(0)
    return value, describe(_other_tasks())


def _other_tasks() -> set[asyncio.Task[object]]:
    return {task for task in asyncio.all_tasks() if task is not asyncio.current_task()}


class _Listener(logging.Handler):
    """Keeps what is logged as an error, with its traceback, as text: a kept record would keep the error's frames."""

    def __init__(self, reports: list[str]) -> None:
        super().__init__(logging.ERROR)
        self._reports = reports

    @override
    def emit(self, record: logging.LogRecord) -> None:
        self._reports.append(self.format(record))
