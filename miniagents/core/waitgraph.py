"""What depends on what: which streams and tasks nothing can move any more."""

from __future__ import annotations

import asyncio
from asyncio import Future, Task
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from weakref import ReferenceType

from miniagents.core.cursor import Follower, Followers
from miniagents.core.producer import CURRENT, Producer
from miniagents.core.replay import Replay
from miniagents.core.scope import Scope

Node = Replay[Any] | Task[Any]
"""What waits, and what is waited for."""


class WaitGraph:
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
        self._needs: dict[Node, list[Node] | None] = {}  # None or nothing: it can move

    def cycles(self, streams: Iterable[Replay[Any]]) -> Iterator[list[Node]]:
        """The cycles that those of ``streams`` depend on which nothing can move."""
        self._collect(streams)
        stuck = self._stuck()
        done: set[Node] = set()
        for start in streams:
            path: dict[Node, None] = {}
            node: Node = start
            while node in stuck and node not in done and node not in path:
                path[node] = None
                node = next(iter(self._needs[node] or ()))  # whatever is stuck has needs, and all of them are stuck
            if node in path:
                yield list(path)[list(path).index(node) :]
            done.update(path)

    def _collect(self, streams: Iterable[Replay[Any]]) -> None:
        todo: list[Node] = list(streams)
        while todo:
            node = todo.pop()
            if node not in self._needs:
                needs = self._waits_of(node) if isinstance(node, Task) else self._needs_of_stream(node)
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
        if isinstance(feeder, Follower | Followers):
            sources = [one.attached_to for one in (feeder.open if isinstance(feeder, Followers) else (feeder,))]
            return None if None in sources else [source for source in sources if source is not None]
        if isinstance(feeder, ReferenceType):  # a call whose messages are sent one by one, by whoever holds it
            return self._everybody() if feeder() is None or self._nothing_is_pending() else None
        producer = stream._producer
        if producer is None or producer.is_held or self._has_timer(producer):
            return None
        if not producer.alive:  # it was cancelled, and waits for what was started inside it
            return [task for child in producer.children for task in self._tasks_of(child)]
        if producer.task is not None and self._waits_of(producer.task) is None:
            return None  # found out without looking at all tasks there are
        return list(self._tasks_of(producer))

    def _waits_of(self, task: Task[Any]) -> list[Node] | None:
        """What ``task`` waits for; None if that may come at any time, or if it does not wait."""
        awaited: Any = getattr(task, "_fut_waiter", None)
        return None if awaited is None else self._behind(awaited, task)

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
        return nodes

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
                producer = producer_of(task)
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
        watched = 0 if selector is None else len(selector.get_map())
        return selector is not None and watched <= 1 and not self._timers()  # one: the loop's own wake-up call

    def _everybody(self) -> list[Node]:
        return [task for task in asyncio.all_tasks(self._scope.loop) if task is not self._closer]


def producer_of(task: Task[Any]) -> Producer | None:
    """Whose code runs in ``task``."""
    found: Producer | None
    get_context = getattr(task, "get_context", None)
    if get_context is not None:  # from 3.12 on
        found = get_context().get(CURRENT)
        return found
    awaited = getattr(task, "_fut_waiter", None)
    for callback, context in getattr(awaited, "_callbacks", None) or ():
        if getattr(callback, "__self__", None) is task:
            found = context.get(CURRENT)
            return found
    return None


def _is_in_task_group(task: Task[Any]) -> bool:
    """Whether ``task`` waits for the end of a ``TaskGroup``."""
    coroutine: Any = task.get_coro()
    while (inner := getattr(coroutine, "cr_await", None)) is not None and hasattr(inner, "cr_code"):
        coroutine = inner
    code = getattr(coroutine, "cr_code", None)
    return code is not None and code.co_filename.endswith("taskgroups.py")
