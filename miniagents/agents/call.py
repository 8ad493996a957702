"""A call of an agent whose messages are sent one by one, and what becomes of the errors of one that nobody holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic

from typing_extensions import TypeVar, override

from miniagents.core.cursor import Follower
from miniagents.core.errors import AppenderClosedError
from miniagents.core.failure import Failure
from miniagents.core.promising import Promising
from miniagents.core.replay import COMPLETED, Completed, Replay
from miniagents.messages import Message, MessagePromise, MessageSequencePromise, MessageType

In_contra = TypeVar("In_contra", bound=Message, contravariant=True, default=Message)
Out_co = TypeVar("Out_co", bound=Message, covariant=True, default=Message)


class AgentCall(Generic[In_contra, Out_co]):
    """A call that was started by ``agent.initiate_inquiry()``.

    Messages may be sent for as long as it is not finished, also while its replies are being read.
    """

    __slots__ = ("__weakref__", "_alias", "_reply", "_request")

    def __init__(self, alias: str, request: MessageSequencePromise[Any], reply: MessageSequencePromise[Out_co]) -> None:
        self._alias = alias
        self._request = request
        self._reply = reply

    @override
    def __repr__(self) -> str:
        return f"<AgentCall of {self._alias}, {'open' if self._request._end is None else 'finished'}>"

    def send_message(self, messages: MessageType[In_contra]) -> None:
        """Send ``messages``, whatever stands for some, after those sent before. Returns at once.

        :raises TypeError: when something in ``messages`` cannot stand for a message.
        :raises AppenderClosedError: when the call is finished.
        """
        if self._request._end is not None:
            raise AppenderClosedError(
                f"send_message({messages!r}): the call of {self._alias} is finished; to send while reading, take "
                "`reply_sequence(close_request_sequence=False)` and `finish()` later"
            )
        self._request._take_in(messages)

    def reply_sequence(self, close_request_sequence: bool = True) -> MessageSequencePromise[Out_co]:
        """The promise of the reply, the same each time.

        :param close_request_sequence: whether nothing more will be sent.
        """
        if close_request_sequence:
            self.finish()
        return self._reply

    def finish(self) -> None:
        """Say that nothing more will be sent; once is enough."""
        self._request._complete()


class KeptErrors(Follower):
    """Keeps the failures of a reply that nobody can hold until the context closes."""

    __slots__ = ("_scope",)

    def __init__(self, source: Replay[Any]) -> None:
        super().__init__(source._cursor())
        assert isinstance(source._scope, Promising), "calls are made in a context"
        self._scope = source._scope

    @override
    def take(self, pieces: Sequence[str | MessagePromise[Any]]) -> None:
        for piece in pieces:
            if isinstance(piece, MessagePromise) and piece._end is not COMPLETED:
                piece._follow_with(KeptErrors(piece))

    @override
    def finish(self, end: Completed | Failure) -> None:
        if isinstance(end, Failure) and not end.observed:
            self._scope.keep(end)
