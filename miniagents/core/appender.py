"""A stream that is fed by plain calls: whoever holds the appender appends, whoever holds the promise reads."""

from __future__ import annotations

from collections.abc import AsyncIterator
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from typing_extensions import override

from miniagents.core.errors import AppenderClosedError, AppenderNotOpenError
from miniagents.core.promise import Feeder
from miniagents.core.replay import Replay
from miniagents.core.scope import current_producer, is_on_loop

Piece = TypeVar("Piece")


class StreamAppender(Feeder, Generic[Piece]):
    """A streamer that is filled from outside: ``with StreamAppender() as a: a.append(piece)``.

    Pass it as the ``streamer`` of a promise, before or while the block is open; leaving the block ends the stream. An
    exception in the block ends the stream with that exception, so that nobody takes a part for the whole. ``append``
    may be called from any thread.

    :param capture_errors: whether such an exception goes no further than the stream.
    """

    __slots__ = ("_capture_errors", "_closed", "_error", "_opened", "_pieces", "_targets")

    def __init__(self, capture_errors: bool = False) -> None:
        self._capture_errors = capture_errors
        self._opened = False
        self._closed = False
        self._error: BaseException | None = None
        self._pieces: list[Piece] = []
        self._targets: list[Replay[Any]] = []

    def __enter__(self) -> Self:
        if self._opened:
            raise AppenderClosedError(f"this {type(self).__name__} was opened before: an appender is used once")
        self._opened = True
        return self

    def __exit__(
        self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None
    ) -> bool | None:
        self._closed = True
        self._error = error
        for target in self._targets:
            self._on_loop_of(target, self._end)
        return self._capture_errors and error is not None

    def append(self, piece: Piece) -> None:
        """Let ``piece`` come next in the stream.

        :raises AppenderNotOpenError: before ``with appender:``.
        :raises AppenderClosedError: after it.
        """
        self._check(piece)
        self._pieces.append(piece)
        for target in self._targets:
            self._on_loop_of(target, self._add, piece)

    def _check(self, piece: Piece) -> None:
        if not self._opened:
            raise AppenderNotOpenError(f"append({piece!r}): open the appender first, by `with appender:`")
        if self._closed:
            raise AppenderClosedError(f"append({piece!r}): the appender is closed, its `with` block is over")

    @override
    def feed(self, target: Replay[Any]) -> None:
        self._targets.append(target)
        for piece in self._pieces:
            target._push(piece)
        if self._closed:
            self._end(target)

    def __call__(self, _: object) -> AsyncIterator[Piece]:
        """Be a streamer like any other: an iterator over all that is and will be appended."""
        copy: Replay[Piece] = Replay(current_producer().scope)
        self.feed(copy)
        return copy.__aiter__()

    @staticmethod
    def _on_loop_of(target: Replay[Any], call: Any, *args: object) -> None:
        if is_on_loop(target._scope):
            call(target, *args)
        elif target._scope is not None:
            target._scope.loop.call_soon_threadsafe(call, target, *args)

    @staticmethod
    def _add(target: Replay[Any], piece: object) -> None:
        if target._end is None:
            target._push(piece)

    def _end(self, target: Replay[Any]) -> None:
        if self._error is None:
            target._complete()
        else:
            target._fail(self._error, quiet=not self._capture_errors)
