"""One consumer's place in a stream, and those who follow a stream from such a place as it grows."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from contextvars import Context, copy_context
from typing import TYPE_CHECKING, Any, Protocol

from reactivex import abc
from typing_extensions import override

from miniagents.core.failure import Failure
from miniagents.core.trampoline import Sink, Trampoline

if TYPE_CHECKING:  # a stream hands out its cursors, so it stands above them
    from miniagents.core.replay import Completed, Replay


class Place(Protocol):
    """One consumer's place in a stream, of whatever kind.

    After :meth:`take` has come back empty, either ``end`` says how the stream has ended, or ``blocked_on`` is the open
    stream whose next change may bring more.
    """

    @property
    def blocked_on(self) -> Replay[Any]:
        """The open stream that this place waits for."""
        ...

    @property
    def end(self) -> Completed | Failure | None:
        """How the stream has ended, once everything of it was taken."""
        ...

    @property
    def is_up_to_date(self) -> bool:
        """Whether it is known, without another :meth:`take`, that the stream is open and nothing more is ready."""
        ...

    def take(self) -> Sequence[Any]:
        """What is ready and was not taken yet, or a part of it; empty if nothing is."""
        ...


class Cursor:
    """A place in a plain stream."""

    __slots__ = ("blocked_on", "taken")

    def __init__(self, source: Replay[Any]) -> None:
        self.blocked_on: Replay[Any] = source
        self.taken: int = 0

    @property
    def is_up_to_date(self) -> bool:
        """See :class:`Place`."""
        source = self.blocked_on
        return source._end is None and self.taken == len(source._pieces)

    def take(self) -> Sequence[Any]:
        """See :class:`Place`."""
        pieces = self.blocked_on._pieces
        taken = self.taken
        count = self.taken = len(pieces)
        return pieces[taken:] if taken < count else ()

    @property
    def end(self) -> Completed | Failure | None:
        """See :class:`Place`."""
        return self.blocked_on._end


class Follower(Sink):
    """A sink that takes all pieces of a stream in order, then its end.

    :param context: the context variables to do so in, for one that runs code of the user.
    """

    __slots__ = ("_attached_to", "_context", "_cursor", "_plain", "_stopped")

    def __init__(self, cursor: Place, context: Context | None = None) -> None:
        super().__init__()
        self._cursor = cursor
        self._context = context
        self._plain = cursor if isinstance(cursor, Cursor) and context is None else None
        self._attached_to: Replay[Any] | None = None
        self._stopped = False

    @property
    def attached_to(self) -> Replay[Any] | None:
        """The open stream whose change it waits for."""
        return self._attached_to

    @abstractmethod
    def take(self, pieces: Sequence[Any]) -> None:
        """Some new pieces. May call :meth:`stop`. Must not raise."""

    @abstractmethod
    def finish(self, end: Completed | Failure) -> None:
        """The end, once, after all pieces. Must not raise."""

    def take_one(self, piece: Any) -> Replay[Any] | None:
        """A single new piece; gives the stream that it has gone on into, if somebody there has yet to be told."""
        self.take((piece,))
        return None

    @override
    def changed(self, trampoline: Trampoline) -> Sink | None:
        cursor = self._plain
        if cursor is None or self.queued or self._stopped:
            return super().changed(trampoline)
        source = cursor.blocked_on
        pieces = source._pieces
        place = cursor.taken + 1
        if len(pieces) != place:  # not just one new piece
            return super().changed(trampoline)
        cursor.taken = place
        self.queued: bool = True  # keeps this from being entered twice; what comes meanwhile is looked for below
        target = self.take_one(pieces[-1])
        self.queued = False
        if len(pieces) != place or source._end is not None:
            self.be_due(trampoline)
        if target is None:
            return None
        sinks = target._sinks
        if target._waiter is None and sinks is not None and len(sinks) == 1:
            for sink in sinks:
                return sink
        target._notify()
        return None

    @override
    def deliver(self) -> None:
        if self._stopped:
            return
        if self._plain is not None:
            self.queued = True  # as in `changed`; what comes meanwhile is looked for by `_follow`
            self._follow()
            self.queued = False
        elif self._context is None:
            self._follow()
        else:
            self._context.run(self._follow)

    def _follow(self) -> None:
        cursor = self._cursor
        while pieces := cursor.take():
            self.take(pieces)
            if self._stopped or (cursor.is_up_to_date and self._attached_to is cursor.blocked_on):
                return
        end = cursor.end
        if end is None:
            if self._attached_to is not cursor.blocked_on:
                self._wait_for(cursor.blocked_on)
        else:
            self.stop()
            self.finish(end)

    def _wait_for(self, stream: Replay[Any]) -> None:
        if self._attached_to is not None:
            self._attached_to._detach(self)
        self._attached_to = stream
        stream._attach(self)

    def stop(self) -> None:
        """Take nothing more."""
        self._stopped = True
        if self._attached_to is not None:
            self._attached_to._detach(self)
            self._attached_to = None


class Followers:
    """Those who fill one stream together: the next piece may come from any of them."""

    __slots__ = ("open",)

    def __init__(self) -> None:
        self.open: set[Follower] = set()


class Subscription(Follower, abc.DisposableBase):
    """An Rx subscriber: serial, ``on_next* (on_error | on_completed)?``, and nothing after ``dispose()``."""

    __slots__ = ("_on_completed", "_on_error", "_on_next", "_source")

    def __init__(
        self,
        source: Replay[Any],
        on_next: abc.ObserverBase[Any] | abc.OnNext[Any] | None,
        on_error: abc.OnError | None,
        on_completed: abc.OnCompleted | None,
    ) -> None:
        super().__init__(source._cursor(), copy_context())
        observer: Any = on_next
        if hasattr(observer, "on_next"):  # as Rx itself tells observers from callbacks
            observer, on_error, on_completed = observer.on_next, observer.on_error, observer.on_completed
        self._source = source
        self._on_next = observer
        self._on_error: Any = on_error  # Rx types it for Exception; BaseExceptions must not get lost, either
        self._on_completed = on_completed

    @override
    def take(self, pieces: Sequence[Any]) -> None:
        on_next = self._on_next
        if on_next is None:
            return
        try:
            for piece in pieces:
                on_next(piece)
                if self._stopped:
                    return
        except BaseException as error:  # noqa: BLE001 - a subscriber must not hurt the producer or its neighbours
            self._crash(error)

    @override
    def finish(self, end: Completed | Failure) -> None:
        try:
            if isinstance(end, Failure):
                if self._on_error is not None:
                    self._on_error(self._source._observed(end, self._cursor))
            elif self._on_completed is not None:
                self._on_completed()
        except BaseException as error:  # noqa: BLE001 - as above
            self._crash(error)

    def _crash(self, error: BaseException) -> None:
        self.stop()
        self._source._report(error)

    @override
    def dispose(self) -> None:
        """Leave the stream; nothing more is delivered."""
        self.stop()
