"""The one door between asyncio and Rx: whatever emits elsewhere comes through here into a stream of ours."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from reactivex import Observable, abc
from reactivex.scheduler.eventloop import AsyncIOThreadSafeScheduler
from typing_extensions import override

from miniagents.core.replay import Replay
from miniagents.core.scope import Scope, is_on_loop
from miniagents.core.trampoline import Sink

Intake = Callable[[Any], None]
"""What is done on the loop with each item of a foreign observable."""


class _Door(Sink):
    """Lets the notifications of one foreign observable through, in order, onto the loop of its target.

    A notification that comes on the loop with none waiting before it is handed on at once; any other waits its turn
    in a queue whose operations are atomic, so no lock is held while user code runs.
    """

    __slots__ = ("_intake", "_queue", "_scope", "_subscription", "_target")

    def __init__(self, scope: Scope, target: Replay[Any], intake: Intake) -> None:
        super().__init__()
        self._scope = scope
        self._target = target
        self._intake = intake
        self._queue: deque[tuple[bool, Any]] = deque()
        self._subscription: abc.DisposableBase | None = None

    def open(self, source: Observable[Any]) -> None:
        scheduler = AsyncIOThreadSafeScheduler(self._scope.loop)
        self._target._attach(self)
        try:
            subscription = source.subscribe(self.on_next, self.on_error, self.on_completed, scheduler=scheduler)
        except Exception as error:  # noqa: BLE001 - what subscribing raises is how this stream ends
            self._target._fail(error)
            return
        if self._target._end is None:
            self._subscription = subscription
        else:
            subscription.dispose()

    def on_next(self, item: Any) -> None:
        self._pass(False, item)

    def on_error(self, error: BaseException) -> None:
        self._pass(True, error)

    def on_completed(self) -> None:
        self._pass(True, None)

    def _pass(self, is_end: bool, what: Any) -> None:
        if not self._queue and is_on_loop(self._scope):
            self._hand_on(is_end, what)
            return
        self._queue.append((is_end, what))
        if not self._scope.loop.is_closed():
            self._scope.loop.call_soon_threadsafe(self._next_in_queue)

    def _next_in_queue(self) -> None:
        is_end, what = self._queue[0]
        try:
            self._hand_on(is_end, what)
        finally:
            self._queue.popleft()  # only now: until then, whoever comes on the loop has to wait

    def _hand_on(self, is_end: bool, what: Any) -> None:
        target = self._target
        if target._end is not None:
            return
        if not is_end:
            try:
                self._intake(what)
            except Exception as error:  # noqa: BLE001 - an item that cannot be taken is where this stream ends
                target._fail(error)
        elif what is None:
            target._complete()
        else:
            target._fail(what)

    @override
    def deliver(self) -> None:
        """The target has changed: once it has ended, by whatever cause, its source is let go."""
        if self._target._end is not None and self._subscription is not None:
            subscription, self._subscription = self._subscription, None
            subscription.dispose()


def follow_observable(source: Observable[Any], target: Replay[Any], intake: Intake) -> None:
    """Hand every item of ``source`` to ``intake`` on the loop, and end ``target`` as ``source`` ends.

    ``source`` is disposed as soon as ``target`` has ended, also by ``cancel()`` or because its context closes.
    """
    scope = target._scope
    assert scope is not None, "a stream that is fed from outside has a scope"
    scope.sources.add(target)
    _Door(scope, target, intake).open(source)
