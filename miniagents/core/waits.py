"""Who waits for whom, and whether anybody can still move: the detector of deadlocks.

It costs the streams nothing: a timer looks, a few times a second, at those that have been waited for since it last
looked, and asks what could move each of them. A task can move unless it waits for a stream, for a task, or for several
of these by ``gather`` or a ``TaskGroup``; whatever else it waits for (I/O, a timer, a person) may come at any time. So
may what is fed from outside: foreign observables, appenders, calls that are held open. What nothing can move depends
only on its like, so it contains a cycle; each task in that cycle gets a ``DeadlockError`` that names it.
"""

from __future__ import annotations

import asyncio
from asyncio import Future, Task
from collections.abc import Iterable, Iterator, Mapping
from contextvars import Context
from typing import Any, ClassVar
from weakref import ReferenceType

from miniagents.core.cursor import Follower
from miniagents.core.errors import DeadlockError
from miniagents.core.failure import is_frame_of_user
from miniagents.core.producer import CURRENT, Producer
from miniagents.core.replay import Replay
from miniagents.core.scope import Scope

Node = Replay[Any] | Task[Any]
"""What waits, and what is waited for."""


class Watchdog:
    """Looks for deadlocks among the producers of one scope, until it is stopped."""

    interval: ClassVar[float] = 0.25
    """Seconds between two looks; what has not moved from one to the next is examined."""
    again: ClassVar[int] = 200
    """How many waits are examined again at each look. A new wait closes a cycle, except where something that could
    have moved it has ended without a trace."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._seen: set[Future[None]] = set()  # what was waited for at the last look
        self._examined: set[Future[None]] = set()  # what of it could move when it was examined
        self._turn = 0  # how many old waits were examined again
        self.closer: Task[Any] | None = None  # who waits for the scope to fall idle, once it is being closed
        self._schedule()

    def _schedule(self) -> None:
        # in an empty context: this timer must not look like one that some agent has set
        self._timer = self._scope.loop.call_later(self.interval, self._look, context=Context())

    def stop(self) -> None:
        """Look no more."""
        self._timer.cancel()
        self._seen.clear()
        self._examined.clear()

    def _look(self) -> None:
        waiting = self._waited_for()
        idle = self._seen.intersection(waiting)
        self._seen = set(waiting)
        starts = [waiting[waiter] for waiter in self._to_examine(idle)]
        if starts and self._cycles(waiting, starts, helpers=False):
            for cycle in self._cycles(waiting, starts, helpers=True):
                self._break(cycle)
        self._schedule()

    def _to_examine(self, idle: set[Future[None]]) -> list[Future[None]]:
        """The waits that are new among those that did not move, and some of the others, by turns."""
        new = list(idle - self._examined)
        old = list(idle & self._examined)
        self._examined = idle
        if len(old) > self.again:
            start = self._turn % len(old)
            self._turn += self.again
            old = (old + old)[start : start + self.again]
        return new + old

    def _cycles(
        self, waiting: Mapping[Future[None], Replay[Any]], starts: Iterable[Replay[Any]], *, helpers: bool
    ) -> list[list[Node]]:
        """The cycles behind ``starts``; without ``helpers`` also what tasks that agents have started might yet move."""
        return list(_Graph(self._scope, waiting, self.closer, helpers).cycles(starts))

    def _waited_for(self) -> dict[Future[None], Replay[Any]]:
        """The streams that somebody waits for; the others are forgotten until somebody does again."""
        waiting = self._scope.waiting
        found = {s._waiter: s for s in waiting if s._waiter is not None and not s._waiter.done()}
        waiting.clear()
        waiting.update(found.values())
        return found

    def _break(self, cycle: list[Node]) -> None:
        for waiter, awaited in _waits(cycle):
            if isinstance(awaited._feeder, ReferenceType):
                error = _never_finished(waiter)
                self._scope.report(error, "")  # whoever forgot it must hear of it, also if nobody reads the reply
                awaited._fail(error, self._scope.root, quiet=True)
                return
        lines = [_describe(waiter, awaited) for waiter, awaited in _waits(cycle)]
        message = "agents wait for each other, and nothing else can move them: " + "; ".join(lines)
        for waiter, awaited in _waits(cycle):
            if isinstance(waiter, Task):
                self._scope.verdicts[waiter] = DeadlockError(message, lines)
                awaited._notify()
            else:
                waiter._fail(DeadlockError(message, lines))


class _Graph:
    """What depends on what, as far as it can be reached from some streams.

    :param helpers: whether to count the tasks that agents have started. Finding them takes a look at all tasks there
        are, so it is done only where a cycle would exist without them.
    """

    def __init__(
        self, scope: Scope, waiting: Mapping[Future[None], Replay[Any]], closer: Task[Any] | None, helpers: bool
    ) -> None:
        self._scope = scope
        self._closer = closer
        self._by_waiter: Mapping[Any, Replay[Any]] = waiting
        self._helpers = helpers
        self._timer_owners: set[Producer | None] | None = None
        self._tasks: dict[Producer, list[Task[Any]]] | None = None
        self._groups: dict[Any, list[Task[Any]]] = {}
        self._needs: dict[Node, list[Node] | None] = {}  # None: it can move

    def cycles(self, streams: Iterable[Replay[Any]]) -> Iterator[list[Node]]:
        """The cycles that those of ``streams`` depend on which nothing can move."""
        self._collect(streams)
        stuck = self._stuck()
        if not any(stream in stuck for stream in streams):
            return
        done: set[Node] = set()
        for start in streams:
            path: dict[Node, None] = {}
            node: Node = start
            while node in stuck and node not in done and node not in path:
                path[node] = None
                node = next(need for need in self._needs[node] or () if need in stuck)
            if node in path:
                yield list(path)[list(path).index(node) :]
            done.update(path)

    def _collect(self, streams: Iterable[Replay[Any]]) -> None:
        todo: list[Node] = list(streams)
        while todo:
            node = todo.pop()
            if node not in self._needs:
                needs = self._needs_of_task(node) if isinstance(node, Task) else self._needs_of_stream(node)
                self._needs[node] = needs
                todo.extend(needs or ())

    def _stuck(self) -> set[Node]:
        """Everything, less what can move, less what needs any of that."""
        needed_by: dict[Node, list[Node]] = {}
        for node, needs in self._needs.items():
            for need in needs or ():
                needed_by.setdefault(need, []).append(node)
        moving = [node for node, needs in self._needs.items() if not needs]
        stuck = set(self._needs).difference(moving)
        while moving:
            for node in needed_by.get(moving.pop(), ()):
                if node in stuck:
                    stuck.discard(node)
                    moving.append(node)
        return stuck

    def _needs_of_stream(self, stream: Replay[Any]) -> list[Node] | None:
        feeder = stream._feeder
        if stream._end is not None:
            return None
        if isinstance(feeder, Follower):
            return None if feeder.attached_to is None else [feeder.attached_to]
        if isinstance(feeder, ReferenceType):  # a call whose messages are sent one by one, by whoever holds it
            return self._everybody() if feeder() is None or self._nothing_is_pending() else None
        producer = stream._producer
        if producer is None or producer.is_held or self._has_timer(producer):
            return None
        if not producer.alive:  # it was cancelled, and waits for what was started inside it
            return [task for child in producer.children for task in self._tasks_of(child)] or None
        if producer.task is not None and self._waits_of(producer.task) is None:
            return None  # found out without looking at all tasks there are
        return list(self._tasks_of(producer)) or None

    def _needs_of_task(self, task: Task[Any]) -> list[Node] | None:
        if task is self._closer:
            return [stuck for child in self._scope.root.children for stuck in self._tasks_of(child)] or None
        return self._waits_of(task)

    def _waits_of(self, task: Task[Any]) -> list[Node] | None:
        """What ``task`` waits for; None if that may come at any time, or if it does not wait."""
        awaited: Any = getattr(task, "_fut_waiter", None)
        if awaited is None or task.done() or task in self._scope.verdicts:
            return None
        return self._behind(awaited, task)

    def _behind(self, awaited: Any, task: Task[Any]) -> list[Node] | None:
        if (stream := self._by_waiter.get(awaited)) is not None:
            return [stream]
        if isinstance(awaited, Task):
            return [awaited]
        if (members := getattr(awaited, "_children", None)) is not None:  # gather
            return self._behind_all((member for member in members if not member.done()), task)
        return list(self._group_of(awaited, task)) or None

    def _behind_all(self, members: Iterable[Any], task: Task[Any]) -> list[Node] | None:
        nodes: list[Node] = []
        for member in members:
            behind = self._behind(member, task)
            if behind is None:
                return None
            nodes.extend(behind)
        return nodes or None

    def _group_of(self, awaited: Any, task: Task[Any]) -> list[Node]:
        """The tasks of the ``TaskGroup`` whose end ``awaited`` is, if it is one's."""
        if not self._helpers:
            return [task] if _is_in_task_group(task) else []  # for the time being: as if it could not move
        self._all_tasks()
        return list(self._groups.get(awaited, []))

    def _tasks_of(self, producer: Producer) -> list[Task[Any]]:
        """The task of ``producer`` and those that its code has started and that may act for it."""
        if not self._helpers:
            return [] if producer.task is None else [producer.task]
        return self._all_tasks().get(producer, [])

    def _all_tasks(self) -> dict[Producer, list[Task[Any]]]:
        if self._tasks is None:
            self._tasks = {}
            for task in asyncio.all_tasks(self._scope.loop):
                producer = _producer_of(task)
                if producer is not None:
                    self._tasks.setdefault(producer, []).append(task)
                for callback, *_ in getattr(task, "_callbacks", None) or ():
                    group = getattr(callback, "__self__", None)
                    if isinstance(group, asyncio.TaskGroup):
                        self._groups[getattr(group, "_on_completed_fut", None)] = list(getattr(group, "_tasks", ()))
        return self._tasks

    def _has_timer(self, producer: Producer) -> bool:
        """Whether code of ``producer`` has set a timer, as far as the loop lets us see its timers."""
        return self._helpers and producer in self._timers()

    def _timers(self) -> set[Producer | None]:
        if self._timer_owners is None:
            handles: Iterable[Any] = getattr(self._scope.loop, "_scheduled", ())
            contexts = (getattr(handle, "_context", None) for handle in handles if not handle.cancelled())
            self._timer_owners = {context.get(CURRENT) for context in contexts if context is not None} - {None}
        return self._timer_owners

    def _nothing_is_pending(self) -> bool:
        """Whether, besides tasks, nothing is known that could run: no timer, and no file or socket that is watched."""
        selector: Any = getattr(self._scope.loop, "_selector", None)
        watched = 0 if selector is None or selector.get_map() is None else len(selector.get_map())
        return selector is not None and watched <= 1 and not self._timers()  # one: the loop's own wake-up call

    def _everybody(self) -> list[Node]:
        self._all_tasks()
        return [task for task in asyncio.all_tasks(self._scope.loop) if task is not self._closer]


def _producer_of(task: Task[Any]) -> Producer | None:
    """Whose code runs in ``task``."""
    get_context = getattr(task, "get_context", None)
    if get_context is not None:  # from 3.12 on
        return get_context().get(CURRENT)  # type: ignore[no-any-return]
    awaited = getattr(task, "_fut_waiter", None)
    for callback, context in getattr(awaited, "_callbacks", None) or ():
        if getattr(callback, "__self__", None) is task:
            return context.get(CURRENT)  # type: ignore[no-any-return]
    return None


def _is_in_task_group(task: Task[Any]) -> bool:
    """Whether ``task`` waits for the end of a ``TaskGroup``."""
    coroutine: Any = task.get_coro()
    while (inner := getattr(coroutine, "cr_await", None)) is not None and hasattr(inner, "cr_code"):
        coroutine = inner
    code = getattr(coroutine, "cr_code", None)
    return code is not None and code.co_filename.endswith("taskgroups.py")


def _waits(cycle: list[Node]) -> Iterator[tuple[Node, Replay[Any]]]:
    """Each task (or each stream that no task makes) of a cycle, with the stream that it waits for."""
    for node, following in zip(cycle, [*cycle[1:], cycle[0]], strict=True):
        if isinstance(following, Replay) and isinstance(node, Task):
            yield node, following


def _never_finished(waiter: Node) -> DeadlockError:
    producer = _producer_of(waiter) if isinstance(waiter, Task) else None
    name = "an agent" if producer is None else producer.label
    return DeadlockError(
        f"an inquiry of {name} was initiated and never finished, and {name} waits for more messages: call `finish()` "
        "of the AgentCall, or its `reply_sequence()`, which does",
        [f"{name} waits for more messages"],
    )


def _describe(waiter: Node, awaited: Replay[Any]) -> str:
    producer = awaited._producer
    whom = producer.trace() if producer is not None and producer.trace() else type(awaited).__name__
    who = _producer_of(waiter) if isinstance(waiter, Task) else None
    name = who.trace() if who is not None and who.trace() else "main"
    return f"{name} ({_place(waiter)}) waits for {whom}" if isinstance(waiter, Task) else f"{name} waits for {whom}"


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
