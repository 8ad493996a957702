"""Turns recursion between streams into a loop: what a notification sets off is queued, never called from within it."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterable


class Sink(ABC):
    """Something that wants to look at a stream whenever the stream has changed."""

    __slots__ = ("queued",)

    def __init__(self) -> None:
        self.queued: bool = False

    @abstractmethod
    def deliver(self) -> None:
        """Take whatever is new. Must not raise; is never entered twice at once."""


class _Trampoline(threading.local):
    """The sinks of this thread that are due, in order, and whether somebody is at it already."""

    def __init__(self) -> None:
        self.due: deque[Sink] = deque()
        self.running = False


_trampoline = _Trampoline()


def bounce(sinks: Iterable[Sink]) -> None:
    """Let each of ``sinks`` look at its stream: now, or after those that are before it."""
    trampoline = _trampoline
    due = trampoline.due
    for sink in sinks:
        if not sink.queued:
            sink.queued = True
            due.append(sink)
    if trampoline.running:
        return
    trampoline.running = True
    try:
        while due:
            sink = due.popleft()
            sink.queued = False
            sink.deliver()
    finally:
        trampoline.running = False
