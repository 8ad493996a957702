"""The replayable observable: a stream that remembers what it has emitted, for anyone, from the beginning.

Each consumer has an index into the one list of pieces, so a buffered piece costs it no turn of the event loop.
"""

from __future__ import annotations

import sys
from asyncio import CancelledError
from collections.abc import AsyncGenerator, AsyncIterator
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from reactivex import abc
from typing_extensions import override

from miniagents.core.cursor import Cursor, Place, Subscription
from miniagents.core.failure import Failure
from miniagents.core.scope import is_on_loop, task_of
from miniagents.core.stream import A_TURN, COMPLETED, Completed, Stream, T_co
from miniagents.core.trampoline import Sink, trampoline_of_thread

__all__ = ["COMPLETED", "Completed", "Replay", "untracked"]

T = TypeVar("T")

LONGEST_PAUSE: Final = 30
"""For how many pieces at most a reader waits to be woken before it tries again to meet one.

It then tries at every 31st, which does not divide what a pump moves at a time: else it could come, again and again, in
just that turn in which the pump gives way.
"""


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


class Replay(Stream[T_co]):
    """An observable that replays: every consumer, early or late, sees the same pieces and the same end.

    Consumers are ``async for``, :meth:`batches`, :meth:`subscribe` and every Rx operator. A consumer that leaves
    disturbs nobody and stops nothing; :meth:`cancel` is for the owner of the producer.
    """

    __slots__ = ()

    def __aiter__(self) -> AsyncIterator[T_co]:
        if self._dormant is not None:
            self._rouse()
        return untracked(self._read())

    async def _read(self) -> AsyncGenerator[Any, None]:  # noqa: C901, PLR0915 - hot: it inlines `_changed`
        yield None  # taken by `untracked`
        pieces = self._pieces
        for piece in pieces:  # also sees what is appended while it runs
            yield piece
        seen = polled = len(pieces)
        end = self._end  # a name of its own: type checkers would take the other one to be None from here on
        if end is not None:
            self._observe_end()
            return
        loop, verdicts = self._loop_to_wait_on()
        lone = True  # nobody else waits along with this reader
        misses = pause = 0
        while True:
            count = len(pieces)
            if seen < count:
                if count - seen == 1:
                    yield pieces[seen]
                else:
                    for piece in pieces[seen:count]:
                        yield piece
                seen = count
            elif self._end is not None:
                self._observe_end()
                return
            elif lone and polled < seen and not self._polled:
                # Where a piece comes in every turn of the loop, being there in the next turn costs less than a Future
                # to be woken by. Where that was in vain it is not tried again for a while.
                polled = seen
                if pause:
                    pause -= 1
                    continue
                self._polled = True
                try:
                    await A_TURN
                finally:
                    self._polled = False
                if seen < len(pieces):
                    misses = 0
                else:
                    pause, misses = misses, min(2 * misses + 1, LONGEST_PAUSE)
            else:
                task = task_of(loop)
                if verdicts or task.cancelling():  # rare, so it need not be fast
                    await self._changed()
                    continue
                waiter = self._waiter
                if waiter is None:
                    waiter = self._new_waiter(loop)
                    lone = True
                else:
                    lone = False
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

    def _observed(self, end: Failure, place: Place) -> BaseException:
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

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Cancel what still runs and wait until it has stopped."""
        if self.cancel() and self._producer is not None:
            reason = await self._producer.stopped(error)
            if reason is not None and reason is not error:
                raise reason
