"""What operators are made of: a stream that follows another one, started in time, and fed by push."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextvars import copy_context
from functools import partial
from typing import Any, Protocol, TypeVar

from reactivex import Observable
from typing_extensions import override

from miniagents.core.cursor import Follower, Place
from miniagents.core.failure import Failure
from miniagents.core.replay import COMPLETED, Completed, Replay
from miniagents.core.scope import Scope, current_producer
from miniagents.messages import Message, MessagePromise, MessageSequencePromise
from miniagents.messages.join import Forward, connect
from miniagents.messages.sequence import new_sequence

M = TypeVar("M", bound=Message)
N = TypeVar("N", bound=Message)


class Operator(Protocol):
    """The shape that operators and agents share, where the class of the messages stays what it is."""

    def __call__(self, source: Observable[MessagePromise[M]], /) -> MessageSequencePromise[M]:
        """Follow ``source`` and give the promise of what becomes of it."""
        ...


def as_sequence(source: Observable[Any]) -> MessageSequencePromise[Any]:
    """``source`` itself if it is a sequence of messages, or a sequence of what it emits.

    :raises TypeError: when ``source`` is no observable.
    """
    if isinstance(source, MessageSequencePromise):
        return source  # pyright: ignore[reportUnknownVariableType]  # isinstance knows no type arguments
    if isinstance(source, Observable):
        return MessageSequencePromise(source)
    raise TypeError(
        f"an operator takes an observable, not {source!r}: `MessageSequencePromise(messages).pipe(...)` makes one of "
        "anything that stands for messages"
    )


def scope_of(source: Replay[Any]) -> Scope:
    """The scope that what follows ``source`` lives in: the active one, or else that of ``source``."""
    return source._scope if source._scope is not None else current_producer().scope


def follow(source: Replay[Any], target: Replay[Any], make: Callable[[], Follower]) -> None:
    """Let the follower that ``make`` makes take ``source``: now, or at the first look at ``target``."""
    scope = scope_of(source)
    connect(target, scope.start_asap, partial(_follow, source, make))


def _follow(source: Replay[Any], make: Callable[[], Follower]) -> None:
    source._follow_with(make())


def per_message(
    source: Observable[Any],
    make: Callable[[MessagePromise[Any]], Any],
    at_failure: Callable[[Failure], Any] | None = None,
) -> MessageSequencePromise[Any]:
    """The sequence of what ``make`` makes of each message promise: a promise, or a sequence that stands in its place.

    :param at_failure: what stands in the place of the failure of the sequence itself; without it, it stays a failure.
    """
    sequence = as_sequence(source)
    target = new_sequence(scope_of(sequence), Message)
    follow(sequence, target, lambda: _EachMessage(sequence._cursor(), target, make, at_failure))
    return target


class _EachMessage(Forward[MessageSequencePromise[Any]]):
    __slots__ = ("_at_failure", "_make")

    def __init__(
        self,
        place: Place,
        target: MessageSequencePromise[Any],
        make: Callable[[MessagePromise[Any]], Any],
        at_failure: Callable[[Failure], Any] | None,
    ) -> None:
        super().__init__(place, target, copy_context())
        self._make = make
        self._at_failure = at_failure

    @override
    def take(self, pieces: Sequence[Any]) -> None:
        target = self._target
        for promise in pieces:
            if target._end is not None:
                self.stop()
                return
            target._add(self._make(promise))

    @override
    def finish(self, end: Completed | Failure) -> None:
        if isinstance(end, Failure) and self._at_failure is not None:
            self._target._add(self._at_failure(end))
            end = COMPLETED
        super().finish(end)


class WhenResolved(Follower):
    """Waits for the end of one message to fill a place, without pushing its tokens anywhere."""

    __slots__ = ("_act", "_promise")

    def __init__(
        self,
        promise: MessagePromise[Any],
        place: MessageSequencePromise[Any],
        act: Callable[[MessagePromise[Any]], None],
    ) -> None:
        super().__init__(promise._cursor(), copy_context())
        place._feeder = self
        self._promise = promise
        self._act = act

    @override
    def take(self, pieces: Sequence[Any]) -> None:
        """Tokens are of no interest here."""

    @override
    def finish(self, end: Completed | Failure) -> None:
        self._act(self._promise)


def with_message(
    source: Observable[Any], act: Callable[[MessageSequencePromise[Any], MessagePromise[Any]], None]
) -> MessageSequencePromise[Any]:
    """A sequence in which the place of each message is taken by what ``act`` adds once that message is resolved.

    The messages are waited for at the same time; the places stay in order. An error that ``act`` raises stands in that
    place, and a message that has failed is passed on as it is.
    """

    def place_for(promise: MessagePromise[Any]) -> MessageSequencePromise[Any]:
        place = new_sequence(scope, Message)
        follow(promise, place, lambda: WhenResolved(promise, place, partial(fill, place)))
        return place

    def fill(place: MessageSequencePromise[Any], promise: MessagePromise[Any]) -> None:
        if promise._end is not COMPLETED:
            place._add(promise)
            place._complete()
            return
        try:
            act(place, promise)
        except BaseException as error:  # noqa: BLE001 - it belongs to the place of this message
            place._fail(error, current_producer())
        else:
            place._complete()

    sequence = as_sequence(source)
    scope = scope_of(sequence)
    return per_message(sequence, place_for)
