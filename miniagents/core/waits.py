"""Who waits for whom, and whether anybody can still move: the detector of deadlocks.

It costs the streams nothing: a timer looks, up to a few times a second, at those that have been waited for since it
last looked, and asks what could move each of them. A task can move unless it waits for a stream, for a task, or for
several of these by ``gather`` or a ``TaskGroup``; whatever else it waits for (I/O, a timer, a person) may come at any
time. So may what is fed from outside: foreign observables, appenders, calls that are held open. What nothing can move
depends only on its like, so it contains a cycle; each task in that cycle gets a ``DeadlockError`` that names it.
"""

from __future__ import annotations

from asyncio import Future, Task
from collections.abc import Iterable, Mapping
from contextvars import Context
from time import perf_counter
from typing import Any, ClassVar
from weakref import ReferenceType

from miniagents.core.errors import DeadlockError
from miniagents.core.failure import is_frame_of_user
from miniagents.core.replay import Replay
from miniagents.core.scope import Scope
from miniagents.core.waitgraph import Node, WaitGraph, producer_of


class Watchdog:
    """Looks for deadlocks among the producers of one scope, until it is stopped."""

    interval: ClassVar[float] = 0.25
    """Seconds between two looks, at least; what has not moved from one to the next is examined."""
    share: ClassVar[float] = 0.1
    """How much of the loop's time the looks may take: where they take long, they are made less often."""
    longest: ClassVar[float] = 2.0
    """Seconds between two looks, at most: a pass of the garbage collector in one says nothing about the next."""
    at_once: ClassVar[int] = 1_000
    """How many new waits are examined at a look, the oldest first: most of the others will have moved by the next."""
    again: ClassVar[int] = 200
    """How many waits are examined again at each look. A new wait closes a cycle, except where something that could
    have moved it has ended without a trace."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._seen: dict[Future[None], bool] = {}  # what was waited for at the last look, and whether it was examined
        self._turn = 0  # how many old waits were examined again
        self.closer: Task[Any] | None = None  # who waits for the scope to fall idle, once it is being closed
        self._schedule(self.interval)

    def _schedule(self, seconds: float) -> None:
        # in an empty context: this timer must not look like one that some agent has set
        self._timer = self._scope.loop.call_later(seconds, self._look, context=Context())

    def stop(self) -> None:
        """Look no more."""
        self._timer.cancel()

    def _look(self) -> None:
        started = perf_counter()
        self._scope.verdicts.clear()  # what has not been taken by now has come too late
        waiting = self._waited_for()
        idle = {waiter: examined for waiter, examined in self._seen.items() if waiter in waiting}
        examined_now = self._to_examine(idle)
        starts = [waiting[waiter] for waiter in examined_now]
        if starts and self._cycles(waiting, starts, helpers=False):
            for cycle in self._cycles(waiting, starts, helpers=True):
                self._break(cycle)
        self._seen = {**idle, **dict.fromkeys(examined_now, True)}
        for waiter in waiting:
            self._seen.setdefault(waiter, False)
        self._schedule(min(max(self.interval, (perf_counter() - started) / self.share), self.longest))

    def _to_examine(self, idle: dict[Future[None], bool]) -> list[Future[None]]:
        """Of what did not move: the oldest of the waits that were not examined yet, and some others, by turns."""
        new = [waiter for waiter, examined in idle.items() if not examined]
        old = [waiter for waiter, examined in idle.items() if examined]
        if len(old) > self.again:
            start = self._turn % len(old)
            self._turn += self.again
            old = (old + old)[start : start + self.again]
        return new[: self.at_once] + old

    def _cycles(
        self, waiting: Mapping[Future[None], Replay[Any]], starts: Iterable[Replay[Any]], *, helpers: bool
    ) -> list[list[Node]]:
        """The cycles behind ``starts``; without ``helpers`` also what tasks that agents have started might yet move."""
        return list(WaitGraph(self._scope, waiting, self.closer, helpers).cycles(starts))

    def _waited_for(self) -> dict[Future[None], Replay[Any]]:
        """The streams that somebody waits for; the others are forgotten until somebody does again."""
        waiting = self._scope.waiting
        found = {s._waiter: s for s in waiting if s._waiter is not None and not s._waiter.done()}
        waiting.clear()
        waiting.update(found.values())
        return found

    def _break(self, cycle: list[Node]) -> None:
        for place, awaited in enumerate(cycle):
            if isinstance(awaited, Replay) and isinstance(awaited._feeder, ReferenceType):
                before = reversed([*cycle[place:], *cycle[:place]])
                error = _never_finished(next(node for node in before if isinstance(node, Task)))
                self._scope.report(error, "")  # whoever forgot it must hear of it, also if nobody reads the reply
                awaited._fail(error, self._scope.root, quiet=True)
                return
        waits = _waits(cycle)
        lines = [f"{_described(waiter)} waits for {_name(awaited)}" for waiter, awaited in waits]
        message = "agents wait for each other, and nothing else can move them: " + "; ".join(lines)
        for waiter, awaited in waits:
            if isinstance(waiter, Task):
                self._scope.verdicts[waiter] = awaited, DeadlockError(message, lines)
                awaited._notify()
            else:
                waiter._fail(DeadlockError(message, lines))


def _waits(cycle: list[Node]) -> list[tuple[Node, Replay[Any]]]:
    """Each task of a cycle, or else each stream, with the stream that it waits for."""
    following = zip(cycle, [*cycle[1:], cycle[0]], strict=True)
    waits = [(node, awaited) for node, awaited in following if isinstance(awaited, Replay)]
    return [wait for wait in waits if isinstance(wait[0], Task)] or waits


def _never_finished(waiter: Task[Any]) -> DeadlockError:
    producer = producer_of(waiter)
    name = "an agent" if producer is None else producer.label
    return DeadlockError(
        f"an inquiry of {name} was initiated and never finished, and {name} waits for more messages: call `finish()` "
        "of the AgentCall, or its `reply_sequence()`, which does",
        [f"{name} waits for more messages"],
    )


def _described(waiter: Node) -> str:
    if not isinstance(waiter, Task):
        return _name(waiter)
    producer = producer_of(waiter)
    return f"{('' if producer is None else producer.trace()) or 'main'} ({_place(waiter)})"


def _name(stream: Replay[Any]) -> str:
    return type(stream).__name__ if stream._producer is None else stream._producer.trace()


def _place(task: Task[Any]) -> str:
    """The line of the user's code at which ``task`` waits."""
    coroutine: Any = task.get_coro()
    place = str(getattr(coroutine, "__qualname__", task.get_name()))
    while coroutine is not None:
        frame = getattr(coroutine, "cr_frame", None) or getattr(coroutine, "ag_frame", None)
        if frame is not None and is_frame_of_user(frame):
            place = f"{frame.f_code.co_filename}:{frame.f_lineno}"
        coroutine = getattr(coroutine, "cr_await", None) or getattr(coroutine, "ag_await", None)
    return place
