"""Who waits for whom, and whether anybody can still move: the detector of deadlocks."""

from __future__ import annotations

from contextvars import Context
from typing import ClassVar

from miniagents.core.scope import Scope


class Watchdog:
    interval: ClassVar[float] = 0.25

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self.closing = False
        self._timer = scope.loop.call_later(self.interval, self._tick, context=Context())

    def _tick(self) -> None:
        self._timer = self._scope.loop.call_later(self.interval, self._tick, context=Context())

    def stop(self) -> None:
        self._timer.cancel()
