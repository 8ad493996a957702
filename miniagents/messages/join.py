"""Many messages as one: their tokens in order, as they come."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from contextvars import Context, copy_context
from functools import partial
from typing import Any, Generic, TypeVar

from typing_extensions import override

from miniagents.core.cursor import Follower, Place
from miniagents.core.failure import Failure
from miniagents.core.replay import COMPLETED, Completed, Replay
from miniagents.core.scope import Scope
from miniagents.messages.message import Message
from miniagents.messages.promise import MessagePromise, open_promise

Filled = TypeVar("Filled", bound=Replay[Any])


class TokenPlace:
    """A place among the tokens of all messages of a sequence, which are taken one message after the other."""

    __slots__ = ("_messages", "_queue", "_separator", "_tokens", "blocked_on", "end", "members")

    is_up_to_date: bool = False

    def __init__(self, messages: Place, separator: str = "") -> None:
        self._messages = messages
        self._separator = separator
        self._queue: deque[MessagePromise[Any]] = deque()
        self._tokens: Place | None = None  # the place in the message that is being read
        self.members: list[MessagePromise[Any]] = []
        self.blocked_on: Replay[Any] = messages.blocked_on
        self.end: Completed | Failure | None = None

    def take(self) -> Sequence[str]:
        """See :class:`~miniagents.core.cursor.Place`."""
        while self.end is None:
            if self._tokens is None:
                if not self._next_message():
                    return ()
                if self._separator and len(self.members) > 1:
                    return (self._separator,)
            elif tokens := self._tokens.take():
                return tokens
            elif (end := self._tokens.end) is None:
                self.blocked_on = self._tokens.blocked_on
                return ()
            elif end is COMPLETED:
                self._tokens = None
            else:
                self.end = end
        return ()

    def _next_message(self) -> bool:
        while not self._queue:
            promises = self._messages.take()
            if not promises:
                self.end = self._messages.end
                self.blocked_on = self._messages.blocked_on
                return False
            self._queue.extend(promises)
        member = self._queue.popleft()
        if member._dormant is not None:
            member._rouse()
        self.members.append(member)
        self._tokens = member._cursor()
        return True


class Forward(Follower, Generic[Filled]):
    """Pushes everything into another stream and ends it in the same way."""

    __slots__ = ("_target",)

    def __init__(self, cursor: Place, target: Filled, context: Context | None = None) -> None:
        super().__init__(cursor, context)
        self._target = target
        target._feeder = self

    @override
    def take(self, pieces: Sequence[Any]) -> None:
        target = self._target
        if target._end is not None:  # cancelled: there is nobody to push for
            self.stop()
            return
        for piece in pieces:
            target._push(piece)

    @override
    def finish(self, end: Completed | Failure) -> None:
        if end is COMPLETED:
            self._target._complete()
        else:
            self._target._finish(end)


class _Join(Forward[MessagePromise[Message]]):
    """Pushes the tokens of a sequence into one message, and at the end the metadata of its members."""

    __slots__ = ("_fields", "_place")

    def __init__(self, place: TokenPlace, target: MessagePromise[Message], fields: dict[str, Any]) -> None:
        super().__init__(place, target)
        self._place = place
        self._fields = fields

    @override
    def finish(self, end: Completed | Failure) -> None:
        if end is COMPLETED:
            messages = tuple(member._build() for member in self._place.members)
            metadata: dict[str, Any] = {}
            for message in messages:
                metadata.update(message.as_kwargs())
            for name in ("content", "content_template", "original_messages"):
                metadata.pop(name, None)
            self._target._metadata = {**metadata, **self._fields, "original_messages": messages}
        super().finish(end)


def join_messages(
    source: Replay[Any], scope: Scope, separator: str, fields: dict[str, Any], eager: bool
) -> MessagePromise[Message]:
    """One message of all the tokens of ``source``; see ``MessageSequencePromise.as_single_promise``."""
    joined = open_promise(Message, fields, scope)
    connect(joined, eager, partial(_join, source, joined, separator, fields))
    return joined


def _join(source: Replay[Any], joined: MessagePromise[Message], separator: str, fields: dict[str, Any]) -> None:
    source._follow_with(_Join(TokenPlace(source._cursor(), separator), joined, fields))


def connect(target: Replay[Any], eager: bool, start: Any) -> None:
    """Let ``start`` begin to fill ``target``: now, or at the first look at it."""
    if eager:
        start()
    else:
        context = copy_context()
        target._dormant = lambda _: context.run(start)
