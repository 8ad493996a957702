"""An event loop whose clock jumps: nothing is ever waited for, and an hour passes at once when nothing else is due."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import TypeVar

from typing_extensions import override

from tests.loop import nothing_reported

T = TypeVar("T")


class _Jumping(selectors.DefaultSelector):
    """Instead of waiting for a timer, sets the clock to it; waits for real where there is no timer at all."""

    clock = 0.0

    @override
    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(timeout if timeout is None else 0)
        if not ready and timeout is not None and timeout > 0:
            self.clock += timeout
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop in virtual time, which starts at 0 seconds."""

    def __init__(self) -> None:
        self._jumping = _Jumping()
        super().__init__(self._jumping)

    @override
    def time(self) -> float:
        return self._jumping.clock


def run_in_no_time(main: Coroutine[object, object, T]) -> T:
    """Run `main` on a fresh loop in virtual time; fail when it leaves an error that nobody took."""
    with nothing_reported(), asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)
