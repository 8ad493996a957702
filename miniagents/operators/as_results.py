"""``as_results``: errors as values."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Generic

from reactivex import Observable
from returns.result import Failure as Failed
from returns.result import Result, Success
from typing_extensions import TypeVar

from miniagents.core.cursor import Place
from miniagents.core.failure import Failure
from miniagents.core.promise import StreamedPromise
from miniagents.core.replay import COMPLETED, Completed, Replay
from miniagents.messages import Message, MessagePromise
from miniagents.messages.join import Forward
from miniagents.operators.stage import as_sequence, follow, scope_of

M = TypeVar("M", bound=Message, covariant=True, default=Message)


class ResultStream(StreamedPromise[Result[M, Exception], tuple[Result[M, Exception], ...]], Generic[M]):
    """Results; the whole is the tuple of them."""

    __slots__ = ()


def as_results() -> Callable[[Observable[MessagePromise[M]]], ResultStream[M]]:
    """Emit ``Success(message)`` or ``Failure(error)`` (of ``returns.result``) for each message, in order. ::

        source      --A---B-----C--|
        B                  X
        as_results  --S(A)-F(X)-S(C)|

    It never fails: an error of the sequence itself is a last ``Failure``. (``KeyboardInterrupt`` and its like are no
    ``Exception``: they remain what they are.)

    >>> from miniagents import MessageSequencePromise, MiniAgents
    >>> async def main() -> None:
    ...     print(await MessageSequencePromise(["a", ValueError("b")]).pipe(as_results()))
    >>> MiniAgents().run(main())
    (<Success: a>, <Failure: b>)
    """
    return _as_results


def _as_results(source: Observable[Any]) -> ResultStream[Any]:
    sequence = as_sequence(source)
    target: ResultStream[Any] = ResultStream.__new__(ResultStream)
    target._open(scope_of(sequence))
    follow(sequence, target, lambda: Forward(_ResultPlace(sequence._cursor()), target))
    return target


class _ResultPlace:
    """A place among the results of the messages of a sequence, each waited for in its turn."""

    __slots__ = ("_messages", "_queue", "blocked_on", "end")

    is_up_to_date: bool = False

    def __init__(self, messages: Place) -> None:
        self._messages = messages
        self._queue: deque[MessagePromise[Any]] = deque()
        self.blocked_on: Replay[Any] = messages.blocked_on
        self.end: Completed | Failure | None = None

    def take(self) -> Sequence[Result[Any, Exception]]:
        if self.end is not None:
            return ()
        if not self._queue:
            self._queue.extend(self._messages.take())
        if not self._queue:
            self.blocked_on = self._messages.blocked_on
            return self._at_end(self._messages.end)
        promise = self._queue[0]
        if promise._dormant is not None:
            promise._rouse()
        end = promise._end
        if end is None:
            self.blocked_on = promise
            return ()
        del self._queue[0]
        if end is COMPLETED:
            return (Success(promise._build()),)
        assert isinstance(end, Failure)
        return self._failed(end)

    def _at_end(self, end: Completed | Failure | None) -> Sequence[Result[Any, Exception]]:
        if isinstance(end, Failure):
            self.end = COMPLETED
            return self._failed(end)
        self.end = end
        return ()

    def _failed(self, failure: Failure) -> Sequence[Result[Any, Exception]]:
        if not isinstance(failure.error, Exception):
            self.end = failure
            return ()
        failure.observe()
        return (Failed(failure.error),)
