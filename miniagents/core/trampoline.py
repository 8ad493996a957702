"""Turns recursion between streams into a loop: what a notification sets off is queued, so depth costs no stack.

A single new piece, which is what a stream that is being made brings at a time, may be taken at once, to a fixed depth.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections import deque
from typing import Final

MAX_DEPTH: Final = 50
"""How many sinks may look at their streams from within one another before the next one is queued."""


class Sink(ABC):
    """Something that wants to look at a stream whenever the stream has changed."""

    __slots__ = ("queued",)

    def __init__(self) -> None:
        self.queued: bool = False

    def changed(self, trampoline: Trampoline) -> None:
        """The stream has changed: be due, if this is not due already."""
        if not self.queued:
            self.queued = True
            trampoline.due.append(self)

    @abstractmethod
    def deliver(self) -> None:
        """Take whatever is new. Must not raise; is never entered twice at once."""


class Trampoline:
    """The sinks that are due on one event loop, in order, and whether somebody is at it already."""

    __slots__ = ("depth", "due", "running")

    def __init__(self) -> None:
        self.due: deque[Sink] = deque()
        self.running: bool = False
        self.depth: int = 0

    def bounce(self) -> None:
        """Let each sink that is due look at its stream, and those that become due by it, unless somebody is at it."""
        if self.running:
            return
        due = self.due
        self.running = True
        try:
            while due:
                sink = due.popleft()
                sink.queued = False
                sink.deliver()
        finally:
            self.running = False


class _OfThread(threading.local):
    """A trampoline for each thread, for streams that nothing can change any more: they are read anywhere."""

    def __init__(self) -> None:
        self.trampoline = Trampoline()


_of_thread = _OfThread()


def trampoline_of_thread() -> Trampoline:
    """The trampoline of the running thread, for what belongs to no event loop."""
    return _of_thread.trampoline
