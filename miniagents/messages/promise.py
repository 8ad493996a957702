"""The promise of one message: its tokens as they come, and the message that they add up to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Generator
from typing import TYPE_CHECKING, Any, Generic

from typing_extensions import TypeVar, override

from miniagents.core.frozen import Frozen
from miniagents.core.promise import NO_VALUE, Feeder, StreamedPromise, async_iterable
from miniagents.core.pump import produce, pump
from miniagents.core.replay import COMPLETED
from miniagents.core.scope import Scope, current_producer
from miniagents.messages.appender import MessageTokenAppender

if TYPE_CHECKING:  # a message makes promises, so it stands above them
    from miniagents.messages.message import Message

M = TypeVar("M", bound="Message", covariant=True, default="Message")

Known = TypeVar("Known", bound="Message")

TokenStreamer = Callable[[dict[str, Any]], AsyncIterator[str]]
"""``(metadata) -> AsyncIterator[str]``; it may add fields to ``metadata`` while it streams."""

_UNREAD: list[Any] = []  # stands for the one piece of a whole message until somebody wants it; never written to


def _whole_message(_: Any) -> None:
    """What makes the first look at a promise of a whole message different: see ``MessagePromise._rouse``."""


class MessagePromise(StreamedPromise[str, M], Generic[M]):
    """A message on its way: an observable of its tokens, and ``await`` gives the whole message, always the same object.

    A message that was not streamed is one token. Made by ``Message.promise()``, or by replying with anything.
    """

    __slots__ = ("_message", "_message_class", "_metadata", "_preliminary")

    _message: Any  # None until it is made
    _message_class: type[Any]
    _metadata: dict[str, Any]
    _preliminary: Frozen | None

    def __init__(
        self,
        message_class: type[M],
        streamer: TokenStreamer | MessageTokenAppender,
        preliminary: dict[str, Any],
        start_asap: bool | None,
    ) -> None:
        parent = current_producer()
        scope = parent.scope
        self._open_for(scope, message_class, preliminary)
        given: object = streamer
        if isinstance(streamer, MessageTokenAppender):
            scope.sources.add(self)
            self._metadata = streamer.join_metadata(self._metadata)
            streamer.feed(self)
        elif not callable(given) or isinstance(given, Feeder):
            raise TypeError(
                f"message_token_streamer={streamer!r}: it is `async def streamer(metadata)` with `yield` inside, or a "
                "MessageTokenAppender"
            )
        else:
            eager = scope.start_asap if start_asap is None else start_asap
            label = f"{message_class.__name__} of {parent.label}" if parent.label else message_class.__name__
            produce(self, scope, parent, label, eager, self._stream_tokens, streamer)

    def _open_for(self, scope: Scope, message_class: type[Any], preliminary: dict[str, Any]) -> None:
        self._open(scope)
        self._message = None
        self._message_class = message_class
        self._preliminary = Frozen(**preliminary)
        self._metadata = dict(preliminary)

    async def _stream_tokens(self, streamer: TokenStreamer) -> None:
        await pump(async_iterable(streamer(self._metadata), streamer), self, str)

    @property
    def preliminary_metadata(self) -> Frozen:
        """What is known of the message before its stream ends (role, model, …), by attribute."""
        if self._preliminary is None:
            self._preliminary = Frozen(**self._metadata_now())
        return self._preliminary

    def _metadata_now(self) -> dict[str, Any]:
        """The fields besides the text, as far as they are known."""
        if self._message is None:
            return self._metadata
        return {name: value for name, value in self._message.as_kwargs().items() if name not in _TEXT_FIELDS}

    def _build(self) -> M:
        """The message of a completed stream."""
        if self._message is None:
            self._message = self._message_class.from_metadata("".join(self._pieces), self._metadata)
        message: M = self._message
        return message

    @override
    def _make_whole(self) -> M:
        return self._build()

    @override
    def _rouse(self) -> None:
        if self._dormant is _whole_message:
            self._dormant = None
            text = str(self._message)
            self._pieces = [text] if text else []
        else:
            super()._rouse()

    @override
    def _complete(self) -> None:
        try:
            self._build()  # now, though nobody may await it: fields that are missing are an error of this stream
        except Exception as error:  # noqa: BLE001 - whatever it is, it goes where the stream ends
            self._fail(error)
        else:
            super()._complete()

    @override
    def _tell_whole(self, scope: Scope) -> None:
        scope.resolved(self, self._build())

    @override
    def __await__(self) -> Generator[Any, None, M]:  # type: ignore[override]  # as in StreamedPromise
        if self._end is not COMPLETED:
            yield from self._until_ended().__await__()
        return self._build()


_TEXT_FIELDS = frozenset(("content", "content_template"))


def promise_of_message(message: Known, scope: Scope | None) -> MessagePromise[Known]:
    """The promise of a message that is there already, which is heard of where somebody wants to hear."""
    promise = ready_promise(message, scope)
    if scope is not None and scope.watched:
        scope.resolved(promise, message)
    return promise


def ready_promise(message: Known, scope: Scope | None) -> MessagePromise[Known]:
    """The promise of a message that is there already."""
    promise: MessagePromise[Any] = MessagePromise.__new__(MessagePromise)
    promise._pieces = _UNREAD  # from here on what `Stream.__init__` would do: this is made very often
    promise._end = COMPLETED
    promise._waiter = None
    promise._sinks = None
    promise._alert = False
    promise._polled = False
    promise._dormant = _whole_message
    promise._feeder = None
    promise._scope = scope
    promise._producer = None
    promise._whole = NO_VALUE
    promise._message = message
    promise._message_class = type(message)
    promise._metadata = _NO_METADATA
    promise._preliminary = None
    return promise


def open_promise(message_class: type[M], preliminary: dict[str, Any], scope: Scope) -> MessagePromise[M]:
    """The promise of a message that somebody else fills with tokens and completes."""
    promise: MessagePromise[Any] = MessagePromise.__new__(MessagePromise)
    promise._open_for(scope, message_class, preliminary)
    return promise


_NO_METADATA: dict[str, Any] = {}
