"""An append-only list of pieces and an end, with those who wait for more.

All who wait share one Future, made only while somebody does: a piece costs its producer an append and a test.
"""

from __future__ import annotations

from asyncio import AbstractEventLoop, CancelledError, Future, get_running_loop
from collections.abc import Callable, Generator
from threading import RLock
from types import coroutine
from typing import TYPE_CHECKING, Any, ClassVar

from reactivex import Observable
from typing_extensions import TypeVar

from miniagents.core.errors import PromiseCancelledError
from miniagents.core.failure import Failure
from miniagents.core.producer import Producer
from miniagents.core.scope import Scope, Verdicts, task_of, wrong_loop
from miniagents.core.trampoline import Sink

T_co = TypeVar("T_co", covariant=True, default=Any)


class Turn:
    """The type of :data:`A_TURN`."""

    __slots__ = ()

    def __await__(self) -> Any:  # an iterator that is no generator, which types do not know will do
        return iter((None,))


A_TURN = Turn()
"""Awaited, it gives way to everything else that is ready: what ``sleep(0)`` does, for less."""


class Completed:
    """The type of the end that is no failure."""

    __slots__ = ()


COMPLETED = Completed()


class Stream(Observable[T_co]):
    """What a stream is to those who make it: pieces are pushed, the end is told once, and who waits is woken."""

    __slots__ = (
        "_alert",
        "_dormant",
        "_end",
        "_feeder",
        "_pieces",
        "_polled",
        "_producer",
        "_scope",
        "_sinks",
        "_waiter",
    )

    _is_nested: ClassVar[bool] = False  # whether this stands for its members where it is a piece of another stream
    __iter__: ClassVar[None] = None  # Rx's __getitem__ would let a plain `for` run forever

    def __init__(self, scope: Scope | None, producer: Producer | None = None) -> None:
        # Rx's __init__ is left out: it makes a lock, which hardly anybody asks for (see `lock`)
        self._pieces: list[Any] = []
        self._end: Completed | Failure | None = None
        self._waiter: Future[None] | None = None
        self._sinks: dict[Sink, None] | None = None
        self._alert = False  # somebody wants to know of the next piece: a waiter, sinks, or both
        self._polled = False  # a reader comes back in the next turn of the loop, without a waiter
        self._dormant: Callable[[Any], None] | None = None  # what the first look at this stream sets off
        self._feeder: object = None  # what fills this stream where no producer does; see `core.waits`
        self._scope: Scope | None = scope
        self._producer: Producer | None = producer

    if not TYPE_CHECKING:  # Rx declares a writable attribute

        @property
        def lock(self) -> Any:
            """The lock that some Rx operators take on their source; made when first asked for."""
            return self.__dict__.setdefault("_lock", RLock())

    def _push(self, piece: Any) -> None:
        self._pieces.append(piece)
        if self._alert:
            self._notify()

    def _notify(self) -> None:
        """Tell whoever waits that there is something new: a piece or the end."""
        scope = self._scope
        waiter = self._waiter
        if waiter is not None:
            self._drop_waiter(waiter)
            if not waiter.done():
                waiter.set_result(None)
        sinks = self._sinks
        if not sinks or scope is None:
            self._alert = False
            return
        scope.trampoline.tell(tuple(sinks))

    def _finish(self, end: Completed | Failure) -> None:
        """Let nothing follow. Does nothing if the stream has ended already."""
        if self._end is not None:
            return
        self._end = end
        self._dormant = None
        if self._alert:
            self._notify()
        self._sinks = None
        self._feeder = None  # which knows this stream
        scope = self._scope
        if scope is not None and scope.watched and end is COMPLETED:
            self._tell_whole(scope)

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

    def _tell_whole(self, scope: Scope) -> None:
        """Let those hear of the whole of this completed stream who want to; a hook."""

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
        is_new = not self._pieces and self._waiter is None  # then a turn may be all it takes, and saves a Future
        if requests or is_new:
            yield  # a turn of the loop
            if self._end is not None or (is_new and self._pieces):
                return
        if verdicts:
            awaited, verdict = verdicts.pop(task, (None, None))
            if verdict is not None and awaited is self:  # it has not got what it waited for, and still waits for that
                raise verdict
        waiter = self._waiter or self._new_waiter(loop)
        try:
            yield from waiter
        except CancelledError:
            self._drop_waiter(waiter)
            if task.cancelling() > requests:
                raise

    def _loop_to_wait_on(self) -> tuple[AbstractEventLoop, Verdicts]:
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
            if self._scope is not None:
                self._scope.waiting.discard(self)

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
