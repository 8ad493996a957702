"""The replayable observable: a stream that remembers what it has emitted, for anyone, from the beginning.

One append-only list, one index per consumer, and one Future shared by all who wait, made only while somebody waits: a
piece costs its producer an append and a test, and a buffered piece costs its consumer no turn of the event loop.
"""

from __future__ import annotations

import sys
from asyncio import AbstractEventLoop, CancelledError, Future, Task, get_running_loop
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator
from threading import RLock
from types import coroutine
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

from reactivex import Observable, abc
from typing_extensions import TypeVar as TypeVarWithDefault
from typing_extensions import override

from miniagents.core.cursor import Cursor, Place, Subscription
from miniagents.core.errors import DeadlockError, PromiseCancelledError
from miniagents.core.failure import Failure
from miniagents.core.producer import Producer
from miniagents.core.scope import Scope, is_on_loop, task_of, wrong_loop
from miniagents.core.trampoline import Sink, trampoline_of_thread

T = TypeVar("T")
T_co = TypeVarWithDefault("T_co", covariant=True, default=Any)


class Completed:
    """The type of the end that is no failure."""

    __slots__ = ()


COMPLETED = Completed()


def untracked(reader: AsyncGenerator[T, None]) -> AsyncGenerator[T, None]:
    """Take the first yield of ``reader`` with the loop's generator hooks off.

    An abandoned generator is then closed on the spot instead of by a task that the loop makes for it. Our readers hold
    nothing that would have to be awaited.
    """
    hooks = sys.get_asyncgen_hooks()
    sys.set_asyncgen_hooks(None, None)
    try:
        reader.__anext__().send(None)
    except StopIteration:
        pass
    finally:
        sys.set_asyncgen_hooks(*hooks)
    return reader


class Replay(Observable[T_co]):
    """An observable that replays: every consumer, early or late, sees the same pieces and the same end.

    Consumers are ``async for``, :meth:`batches`, :meth:`subscribe` and every Rx operator. A consumer that leaves
    disturbs nobody and stops nothing; :meth:`cancel` is for the owner of the producer.
    """

    __slots__ = ("_alert", "_dormant", "_end", "_feeder", "_pieces", "_producer", "_scope", "_sinks", "_waiter")

    _is_nested: ClassVar[bool] = False  # whether this stands for its members where it is a piece of another stream
    __iter__: ClassVar[None] = None  # Rx's __getitem__ would let a plain `for` run forever

    def __init__(self, scope: Scope | None, producer: Producer | None = None) -> None:
        # Rx's __init__ is left out: it makes a lock, which hardly anybody asks for (see `lock`)
        self._pieces: list[Any] = []
        self._end: Completed | Failure | None = None
        self._waiter: Future[None] | None = None
        self._sinks: dict[Sink, None] | None = None
        self._alert = False  # somebody wants to know of the next piece: a waiter, sinks, or both
        self._dormant: Callable[[Any], None] | None = None  # what the first look at this stream sets off
        self._feeder: object = None  # what fills this stream where no producer does; see `core.waits`
        self._scope: Scope | None = scope
        self._producer: Producer | None = producer

    if not TYPE_CHECKING:  # Rx declares a writable attribute

        @property
        def lock(self) -> Any:
            """The lock that some Rx operators take on their source; made when first asked for."""
            return self.__dict__.setdefault("_lock", RLock())

    # --- for producers

    def _push(self, piece: Any) -> None:
        self._pieces.append(piece)
        if self._alert:
            self._notify()

    def _notify(self) -> None:
        """Tell whoever waits that there is something new: a piece or the end."""
        waiter = self._waiter
        if waiter is not None:
            self._waiter = None
            if not waiter.done():
                waiter.set_result(None)
        sinks = self._sinks
        if not sinks or self._scope is None:
            self._alert = False
            return
        trampoline = self._scope.trampoline
        for sink in tuple(sinks):
            sink.changed(trampoline)
        if trampoline.due:
            trampoline.bounce()

    def _finish(self, end: Completed | Failure) -> None:
        """Let nothing follow. Does nothing if the stream has ended already."""
        if self._end is not None:
            return
        self._end = end
        self._dormant = None
        scope = self._scope
        if scope is not None:
            scope.waiting.discard(self)
        if self._alert:
            self._notify()
        self._sinks = None
        self._ended()

    def _complete(self) -> None:
        self._finish(COMPLETED)

    def _fail(self, error: BaseException, producer: Producer | None = None, *, quiet: bool = False) -> None:
        if self._end is None:
            scope = self._scope
            producer = producer or self._producer or (None if scope is None else scope.root)
            failure = Failure(error, producer, quiet=quiet)
            failure.muted = scope is not None and self in scope.muted
            self._finish(failure)

    def _conclude(self, error: BaseException | None, producer: Producer) -> None:
        """The producer has stopped: of itself, of an error, or because it was told to."""
        if error is None:
            self._complete()
        elif isinstance(error, CancelledError):
            name = producer.label or type(self).__name__
            self._fail(self._cancelled(name), producer, quiet=producer.cancelled)
        else:
            self._fail(error, producer)

    def _cancelled(self, name: str) -> PromiseCancelledError:
        return PromiseCancelledError(f"{name} was cancelled", self._pieces)

    def _ended(self) -> None:
        """A hook for streams that have something to do at their end."""

    # --- for consumers

    def _rouse(self) -> None:
        """Start what was to start at the first look at this stream."""
        wake, self._dormant = self._dormant, None
        if wake is not None:
            wake(self)

    def _observe_end(self) -> None:
        """Return if the stream has completed, raise if it has failed."""
        if isinstance(self._end, Failure):
            raise self._end.observe()

    @coroutine
    def _changed(self) -> Generator[Any, None, None]:
        """Wait until there is something new, or until somebody else's cancellation has cut the wait short.

        The shared Future is cancelled with whichever of its waiting tasks is cancelled, so a ``CancelledError`` is
        one's own only if the count of requests to cancel this task has grown. A request made before the wait would not
        be seen as growth: giving way once lets it come forward first.
        """
        loop, verdicts = self._loop_to_wait_on()
        task = task_of(loop)
        requests = task.cancelling()
        if requests:
            yield  # a turn of the loop
            if self._end is not None:
                return
        if verdicts and (verdict := verdicts.pop(task, None)) is not None:
            raise verdict
        waiter = self._waiter or self._new_waiter(loop)
        try:
            yield from waiter
        except CancelledError:
            self._drop_waiter(waiter)
            if task.cancelling() > requests:
                raise

    def _loop_to_wait_on(self) -> tuple[AbstractEventLoop, dict[Task[Any], DeadlockError]]:
        """The running loop, which has to be the one that this open stream is made on, and its deadlocked tasks."""
        loop = get_running_loop()
        scope = self._scope
        if scope is None or scope.loop is not loop:
            raise wrong_loop(self)
        return loop, scope.verdicts

    def _new_waiter(self, loop: AbstractEventLoop) -> Future[None]:
        """The Future that all share who wait for the next change."""
        waiter: Future[None] = Future(loop=loop)
        self._waiter = waiter
        self._alert = True
        if self._scope is not None:
            self._scope.waiting.add(self)
        return waiter

    def _drop_waiter(self, waiter: Future[None]) -> None:
        if self._waiter is waiter:
            self._waiter = None

    def __aiter__(self) -> AsyncIterator[T_co]:
        if self._dormant is not None:
            self._rouse()
        return untracked(self._read())

    async def _read(self) -> AsyncGenerator[Any, None]:  # noqa: C901, PLR0915 - hot: it inlines `_changed`
        yield None  # taken by `untracked`
        pieces = self._pieces
        for piece in pieces:  # also sees what is appended while it runs
            yield piece
        seen = len(pieces)
        loop: AbstractEventLoop | None = None
        verdicts: dict[Task[Any], DeadlockError] = {}
        while True:
            count = len(pieces)
            if seen + 1 == count:
                yield pieces[seen]
                seen = count
            elif seen < count:
                for piece in pieces[seen:count]:
                    yield piece
                seen = count
            elif self._end is not None:
                self._observe_end()
                return
            else:
                if loop is None:
                    loop, verdicts = self._loop_to_wait_on()
                task = task_of(loop)
                if verdicts or task.cancelling():  # rare, so it need not be fast
                    await self._changed()
                    continue
                waiter = self._waiter
                if waiter is None:
                    waiter = self._new_waiter(loop)
                try:
                    await waiter
                except CancelledError:
                    self._drop_waiter(waiter)
                    if task.cancelling():
                        raise

    def batches(self, *, observe: bool = True) -> AsyncIterator[tuple[T_co, ...]]:
        """The same pieces in the same order, as tuples of all that is ready: the fastest way to read a stream.

        :param observe: ``False`` ends at the end, whatever it is: an error is not raised and does not count as
            observed. It is for those who only look on, loggers say; :meth:`settled` then gives the error.
        """
        if self._dormant is not None:
            self._rouse()
        return untracked(self._read_batches(observe))

    async def _read_batches(self, observe: bool) -> AsyncGenerator[tuple[T_co, ...], None]:
        yield ()  # taken by `untracked`
        seen = 0
        while True:
            count = len(self._pieces)
            if seen < count:
                yield tuple(self._pieces[seen:count])
                seen = count
            elif self._end is not None:
                if observe:
                    self._observe_end()
                return
            else:
                await self._changed()

    async def settled(self) -> BaseException | None:
        """Wait for the end, whatever it is, and give the error if it is one; this does not count as observing it."""
        if self._dormant is not None:
            self._rouse()
        while self._end is None:
            await self._changed()
        return self._end.error if isinstance(self._end, Failure) else None

    async def _until_ended(self) -> None:
        """Wait for the end; raise if it is a failure."""
        await self.settled()
        self._observe_end()

    def _attach(self, sink: Sink) -> None:
        """Call ``sink`` at every change from now on."""
        if self._end is None:
            if self._sinks is None:
                self._sinks = {}
            self._sinks[sink] = None
            self._alert = True

    def _detach(self, sink: Sink) -> None:
        if self._sinks is not None:
            self._sinks.pop(sink, None)

    @override
    def subscribe(
        self,
        on_next: abc.ObserverBase[T_co] | abc.OnNext[T_co] | None = None,
        on_error: abc.OnError | None = None,
        on_completed: abc.OnCompleted | None = None,
        *,
        scheduler: abc.SchedulerBase | None = None,
    ) -> abc.DisposableBase:
        """Subscribe an observer or callbacks; what is buffered is delivered before this returns.

        Callbacks run on the event loop, in the context variables of this call. An error counts as observed only where
        there is an ``on_error``; a callback that raises ends its own subscription, and its error is reported.

        :param scheduler: taken for compatibility with Rx; notifications come where the pieces are made.
        """
        subscription = Subscription(self, on_next, on_error, on_completed)
        if self._is_at_rest or is_on_loop(self._scope):
            self._follow_with(subscription)
        elif self._scope is not None:  # from another thread: the stream is only touched on its loop
            self._scope.loop.call_soon_threadsafe(self._follow_with, subscription)
        return subscription

    @property
    def _is_at_rest(self) -> bool:
        """Whether nothing of this stream can change any more."""
        return self._end is not None or self._scope is None or self._scope.closed

    def _follow_with(self, sink: Sink) -> None:
        """Let ``sink`` take this stream from its beginning."""
        if self._dormant is not None:
            self._rouse()
        scope = self._scope
        here = trampoline_of_thread() if scope is None or not is_on_loop(scope) else scope.trampoline
        sink.queued = True
        here.due.append(sink)
        here.bounce()

    def _report(self, error: BaseException) -> None:
        """Make known the error of a consumer that has nobody to tell it to."""
        if self._scope is not None:
            self._scope.report(error, "" if self._producer is None else self._producer.trace())

    def _observed(self, end: Failure, _: Place) -> BaseException:
        """The error that a subscriber has come to, which observes it by that."""
        return end.observe()

    def _cursor(self) -> Place:
        """A fresh look at this stream from its beginning, for subscribers and operators."""
        return Cursor(self)

    @override
    def run(self, scheduler: abc.SchedulerBase | None = None) -> Any:
        """Not for use: it would block the event loop that makes the pieces.

        :raises RuntimeError: always; it names ``await``.
        """
        raise RuntimeError("`run()` would block the event loop; use `await promise` (or `async for`) instead")

    def cancel(self) -> bool:
        """Stop the producer of this stream and every call made inside it.

        Returns at once: ``True`` while anything of it still runs. Consumers get :class:`PromiseCancelledError` after
        the pieces that exist and after the producer's cleanup, so awaiting the promise joins it.
        """
        producer = self._producer
        if producer is not None and not (producer.is_gone and self._end is None):
            return producer.cancel()
        if self._end is None and self._scope is not None:
            self._fail(self._cancelled(type(self).__name__), quiet=True)
        return False

    async def __aenter__(self) -> Self:
        if self._dormant is not None:
            self._rouse()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stop_and_join()

    async def _stop_and_join(self) -> None:
        """Cancel what still runs and wait until it has stopped."""
        if self.cancel() and self._producer is not None:
            await self._producer.join()
