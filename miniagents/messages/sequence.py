"""The promise of a sequence of messages: anything that can stand for messages goes in, a flat stream comes out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Generator, Iterator, Mapping, Sequence
from typing import Any, Generic, Protocol, TypeAlias, Union, overload

from typing_extensions import override

from miniagents.core.failure import Failure
from miniagents.core.flatten import Flat
from miniagents.core.producer import Producer
from miniagents.core.promise import NO_VALUE
from miniagents.core.replay import COMPLETED, Replay
from miniagents.core.scope import Scope, current_producer
from miniagents.core.walk import Walk, mute
from miniagents.messages.convert import parts_of
from miniagents.messages.join import join_messages
from miniagents.messages.message import Message
from miniagents.messages.promise import M, MessagePromise, ready_promise


class OneMessage(Protocol[M]):
    """An ``M``, known by its promise; for mypy a bare ``M`` among the members of a recursive type may be text, too."""

    @property
    def as_promise(self) -> MessagePromise[M]:
        """A promise of the message, which is there already."""
        ...


MessageType: TypeAlias = Union[
    str,
    Mapping[str, Any],
    OneMessage[M],
    MessagePromise[M],
    "MessageSequencePromise[M]",
    BaseException,
    Sequence["MessageType[M]"],
    AsyncIterator["MessageType[M]"],  # of an iterable, any promise would be one: its tokens are text
    Awaitable["MessageType[M]"],  # every observable is one
]
"""All that can stand for messages: one, several, or none, now or later; see :class:`MessageSequencePromise`.

Type checkers take an async iterable that is no iterator as ``aiter(it)``.
"""


class MessageSequencePromise(Flat[MessagePromise[M], tuple[M, ...]], Generic[M]):
    """A flat stream of message promises, made in the background from whatever was thrown in.

    ``async for`` gives each ``MessagePromise`` as soon as it is known that it comes next; ``await`` gives the tuple of
    all messages, always the same object. An observable of message promises, so every operator takes it.

    In go, in any nesting: text, dicts of fields, messages, promises of messages and of sequences, sequences of all
    these (read at once), async iterables, awaitables and observables of them (followed in the background), and
    exceptions (raised where they stand).

    :param messages: what the sequence is made of.
    :param message_class: what bare text and dicts become.
    :raises TypeError: when ``messages`` holds something that cannot stand for a message.
    :raises NoActiveContextError: where no context is active.
    """

    __slots__ = ("_message_class",)

    _message_class: type[Any]

    @overload
    def __init__(self: MessageSequencePromise[Message], messages: MessageType = ()) -> None: ...
    @overload
    def __init__(self, messages: MessageType[M] = (), *, message_class: type[M]) -> None: ...
    def __init__(self, messages: MessageType[Any] = (), *, message_class: type[Message] | None = None) -> None:
        self._open(current_producer().scope)
        self._message_class = message_class or Message
        self._fill(messages)

    def _fill(self, item: Any) -> None:
        """Take in ``item`` and be complete, for a sequence that nobody knows yet: there is nobody to notify."""
        self._extend(parts_of(item, self))
        self._end = COMPLETED
        if self._scope is not None and self._scope.watched:
            self._tell_whole(self._scope)

    def _take_in(self, item: Any) -> None:
        """Let whatever ``item`` stands for come next; all of it, or nothing if it holds what it must not hold."""
        self._add(*parts_of(item, self))

    def _take_in_out_of_order(self, item: Any) -> None:
        self._put_aside(self._sequence_of(item))

    def _add(self, *parts: Any) -> None:
        if self._scope is not None and self._scope.mutes and self in self._scope.muted:
            mute(parts)
        self._extend(parts)

    @override
    def _as_seen(self, start: int, stop: int) -> Sequence[Any]:
        """See :class:`~miniagents.core.flatten.Flat`; here a message that is there gets its promise at the first look.

        Many never get one: whoever awaits the sequence wants the messages themselves.
        """
        pieces = self._pieces
        for index in range(start, stop):
            piece = pieces[index]
            kind = piece.__class__
            if kind is not MessagePromise and (kind is Message or not issubclass(kind, Replay)):
                pieces[index] = ready_promise(piece, self._scope)
        return pieces[start:stop]

    def _sequence_of(self, item: Any) -> MessageSequencePromise[Any]:
        """The members of ``item`` as a sequence of their own; a sequence stays what it is."""
        parts = parts_of(item, self)
        if len(parts) == 1 and parts[0]._is_nested:
            return parts[0]  # type: ignore[no-any-return]  # nested ones are sequences
        inner = self._inner()
        inner._add(*parts)
        inner._complete()
        return inner

    def _inner(self) -> MessageSequencePromise[Any]:
        assert self._scope is not None, "a sequence has a scope"
        return new_sequence(self._scope, self._message_class)

    def as_single_promise(self, separator: str = "\n\n", **fields: Any) -> MessagePromise[Message]:
        """All messages as one, whose tokens stream as theirs do, with ``separator`` between two messages.

        It has the metadata of all members, of a later one where several have the same field, then ``fields``, and the
        members themselves in ``original_messages``.
        """
        assert self._scope is not None, "a sequence has a scope"
        return join_messages(self, self._scope, separator, fields, self._scope.start_asap)

    @override
    async def _wait_for_whole(self) -> None:  # noqa: C901 - hot, as in Flat._read
        if self._dormant is not None:
            self._rouse()
        messages: list[Any] = []
        walk: Walk | None = None  # as long as it is a plain stream, read it as one
        while True:
            if walk is None and (self._links is not None or self._asides is not None):
                walk = Walk(self, len(messages), as_kept=True)
            leaves = self._pieces[len(messages) :] if walk is None else walk.take()
            rest = iter(leaves)
            while (promise := _take_resolved(rest, messages)) is not None:
                messages.append(await self._message_of(promise, rest, walk))
            if not leaves:
                if (self._end if walk is None else walk.end) is not None:
                    break
                await (self if walk is None else walk.blocked_on)._changed()
        if walk is None:
            self._observe_end()
        else:
            walk.conclude()
        if self._whole is NO_VALUE:
            self._whole = tuple(messages)

    @override
    def __await__(self) -> Generator[Any, None, tuple[M, ...]]:  # type: ignore[override]  # as in StreamedPromise
        if self._whole is NO_VALUE and self._end is COMPLETED and self._links is None and self._asides is None:
            messages: list[Any] = []
            if _take_resolved(iter(self._pieces), messages) is None:
                self._whole = tuple(messages)
        return super().__await__()

    async def _message_of(self, promise: MessagePromise[Any], rest: Iterator[Any], walk: Walk | None) -> Any:
        """The message of ``promise``; where it fails, errors behind it in this sequence do not count."""
        try:
            return await promise
        except BaseException:
            if isinstance(promise._end, Failure):
                mute([*rest, *(walk.rest() if walk else ())], [self])
            raise

    @override
    def _tell_whole(self, scope: Scope) -> None:
        Producer(scope, scope.root, "on_promise_resolved").start(self._tell, (scope,))

    async def _tell(self, scope: Scope) -> None:
        if (messages := await self._if_all_is_well()) is not None:
            scope.resolved(self, messages)

    async def _if_all_is_well(self) -> tuple[Any, ...] | None:
        """The whole when it is there; None where something failed, which is not observed by this."""
        promises = [promise async for batch in self.batches(observe=False) for promise in batch]
        errors = [await stream.settled() for stream in (*promises, self)]
        return None if any(errors) else await self


def _take_resolved(leaves: Iterator[Any], messages: list[Any]) -> MessagePromise[Any] | None:
    """Add the messages of ``leaves``, up to the first promise that has not resolved; gives that."""
    for leaf in leaves:
        kind = leaf.__class__
        if kind is Message or (kind is not MessagePromise and not issubclass(kind, MessagePromise)):
            messages.append(leaf)
        elif leaf._end is COMPLETED:
            messages.append(leaf._build())
        else:
            promise: MessagePromise[Any] = leaf
            return promise
    return None


def new_sequence(
    scope: Scope, message_class: type[Any], producer: Producer | None = None
) -> MessageSequencePromise[Any]:
    """An open, empty sequence, for whoever fills it."""
    sequence: MessageSequencePromise[Any] = MessageSequencePromise.__new__(MessageSequencePromise)
    sequence._pieces = []  # what `_open` does, without three calls: two sequences are made for every call of an agent
    sequence._end = None
    sequence._waiter = None
    sequence._sinks = None
    sequence._alert = False
    sequence._polled = False
    sequence._dormant = None
    sequence._feeder = None
    sequence._scope = scope
    sequence._producer = producer
    sequence._whole = NO_VALUE
    sequence._links = None
    sequence._asides = None
    sequence._front = None
    sequence._message_class = message_class
    return sequence
