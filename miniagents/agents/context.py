"""What an agent is given: the messages it was sent, and the ways to reply."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any, Generic

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema
from typing_extensions import TypeVar, override

from miniagents.core.errors import AppenderClosedError
from miniagents.core.producer import Producer
from miniagents.messages import Message, MessageSequencePromise, MessageType

if TYPE_CHECKING:  # an agent makes its contexts, so it stands above them
    from miniagents.agents.agent import MiniAgent

In_co = TypeVar("In_co", bound=Message, covariant=True, default=Message)
Out_contra = TypeVar("Out_contra", bound=Message, contravariant=True, default=Message)


class InteractionContext(Generic[In_co, Out_contra]):
    """One call of an agent, as the agent sees it.

    ``message_promises`` is what it was sent, ``this_agent`` the agent that was called (a fork, perhaps).
    """

    __slots__ = ("__weakref__", "_producer", "message_promises", "this_agent")

    message_promises: MessageSequencePromise[In_co]
    this_agent: MiniAgent[Any, Any]

    def __init__(
        self, message_promises: MessageSequencePromise[In_co], this_agent: MiniAgent[Any, Any], producer: Producer
    ) -> None:
        self.message_promises = message_promises
        self.this_agent = this_agent
        self._producer = producer  # which knows the reply until it ends: no cycle through this context stays behind

    @classmethod
    def __get_pydantic_core_schema__(cls, _: object, __: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.is_instance_schema(InteractionContext)

    @override
    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._producer.trace()}>"

    def _reply(self) -> MessageSequencePromise[Any]:
        reply: Any = self._producer._output
        if reply is None:
            raise AppenderClosedError(
                f"{self.this_agent.alias} has ended its reply: nothing can be added after the agent has returned, or "
                "after `finish_early()`"
            )
        sequence: MessageSequencePromise[Any] = reply
        return sequence

    def reply(self, messages: MessageType[Out_contra]) -> None:
        """Let ``messages``, whatever stands for some, come next in the reply. Returns at once.

        :raises TypeError: when something in ``messages`` cannot stand for a message.
        :raises AppenderClosedError: when the reply has ended.
        """
        self._reply()._take_in(messages)

    def reply_out_of_order(self, messages: MessageType[Out_contra]) -> None:
        """Let ``messages`` come right after what is available at this moment, before replies that are still pending.

        Every reader, however late, finds them at the same place.

        :raises TypeError: when something in ``messages`` cannot stand for a message.
        :raises AppenderClosedError: when the reply has ended.
        """
        self._reply()._take_in_out_of_order(messages)

    def keep_open_for(self, awaitable: Awaitable[object]) -> None:
        """Let the reply not end before ``awaitable`` is done, though the agent may return: it may still reply."""
        if not isinstance(awaitable, Awaitable):
            raise TypeError(f"keep_open_for({awaitable!r}): it takes an awaitable; call your coroutine function")
        _ = self._reply()  # which raises where it is too late
        self._producer.hold(awaitable)

    async def finish_early(self) -> None:
        """End the reply now (after what it is kept open for), while the agent goes on."""
        await self._producer.release()
        self._producer.end_early()
