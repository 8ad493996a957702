"""Turns recursion between streams into a loop: what a notification sets off is queued, so depth costs no stack.

A single new piece, which is what a stream that is being made brings at a time, is taken at once: along a chain of
streams in a loop, and where streams fork or meet to a fixed depth.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterable
from typing import Final

MAX_DEPTH: Final = 50
"""How many streams may tell their sinks from within one another before those of the next one are queued."""


class Sink(ABC):
    """Something that wants to look at a stream whenever the stream has changed."""

    __slots__ = ("queued",)

    def __init__(self) -> None:
        self.queued: bool = False

    def changed(self, trampoline: Trampoline) -> Sink | None:
        """The stream has changed: be due, or take what is new at once; gives who is to be told next because of that."""
        self.be_due(trampoline)
        return None

    def be_due(self, trampoline: Trampoline) -> None:
        """Look at the stream when those that are due already have done so."""
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

    def tell(self, sinks: Iterable[Sink]) -> None:
        """Tell ``sinks``, and whoever is to be told because of that, that their streams have changed."""
        if self.depth == MAX_DEPTH:
            for sink in sinks:
                sink.be_due(self)
        else:
            self.depth += 1
            for sink in sinks:
                told: Sink | None = sink
                while told is not None:
                    told = told.changed(self)
            self.depth -= 1
        if self.due:
            self.bounce()

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
