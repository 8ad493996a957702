"""`Chat`: an agent that is one request to a language model, whoever provides it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any, Final

from pydantic import BaseModel, PrivateAttr

from miniagents.agents import InteractionContext, MiniAgents
from miniagents.agents.secrets import is_secret
from miniagents.ext.llms.allowance import Allowance
from miniagents.ext.llms.messages import AssistantMessage, SystemMessage
from miniagents.ext.loggers import markdown_llm_logger_agent
from miniagents.messages import Message, MessagePromise

MAX_REPLY_CHARS: Final = 10_000_000
"""How long a reply may be unless a call says otherwise; models end theirs long before."""

BYTES_PER_CHAR: Final = 4
"""Of the longest character in UTF-8."""

BYTES_AROUND: Final = 32 * 1024 * 1024
"""Room for what a provider sends besides the text, be it before the text or between two pieces of it."""

Turn = dict[str, str]
"""One turn of a conversation: ``{"role": ..., "content": ...}``."""


class ReplyTooLongError(RuntimeError):
    """A provider sent more than ``max_reply_chars`` allows; what came before stays readable."""


class Chat(BaseModel, ABC, extra="allow", hide_input_in_errors=True):
    """Sends the messages it is given to a language model and replies with what the model says, as it comes.

    A provider is a subclass with a method ``tokens``; ``miniagent(alias=...)(ItsClass)`` makes it an agent. What a call
    gives besides the fields below is for the provider, see ``params``.
    """

    ctx: InteractionContext[Message, AssistantMessage]
    model: str
    """Which model to ask, as its provider names it."""
    system: str | None = None
    """What to tell the model before everything else."""
    stream: bool | None = None
    """Whether the tokens come one by one, or all as one; by default as the context says."""
    max_reply_chars: int = MAX_REPLY_CHARS
    """How many characters the reply may have. One that has more ends with a `ReplyTooLongError` behind the tokens that
    fit, and its connection is closed; so does one that goes on without text."""
    _reply: MessagePromise[AssistantMessage] = PrivateAttr()

    @abstractmethod
    def tokens(self, turns: list[Turn], fields: dict[str, Any]) -> AsyncGenerator[str, None]:
        """Send ``turns`` to the model and yield the tokens of its reply.

        Put into ``fields`` what becomes known of the reply: ``model``, ``finish_reason``, ``usage`` and the provider's
        own ``response``. A reply that breaks off must raise, not just end. Close the connection when the generator is
        closed.
        """

    @property
    def params(self) -> dict[str, Any]:
        """The parameters that are no fields of the class."""
        return dict(self.model_extra or {})

    @property
    def streams(self) -> bool:
        """Whether the reply comes token by token."""
        return MiniAgents.current().stream_llm_tokens_by_default if self.stream is None else self.stream

    @property
    def streams_on_the_wire(self) -> bool:
        """Whether to ask for a stream; not where ``tools`` are offered, whose calls ``response`` is to hold whole."""
        return self.streams and "tools" not in self.params

    async def __call__(self) -> None:
        """Reply at once with the promise of a message; the request is made inside of it, and stops with it."""
        self._reply = AssistantMessage.promise(
            message_token_streamer=self._stream,
            role="assistant",
            agent_alias=self.ctx.this_agent.alias,
            model=self.model,
        )
        self.ctx.reply(self._reply)

    async def _stream(self, fields: dict[str, Any]) -> AsyncIterator[str]:
        messages = await self._conversation()
        self._log(messages)
        async with aclosing(self._said([_turn(message) for message in messages], fields)) as tokens:
            if not self.streams:
                yield "".join([token async for token in tokens])
                return
            async for token in tokens:
                yield token

    async def _said(self, turns: list[Turn], fields: dict[str, Any]) -> AsyncGenerator[str, None]:
        """The tokens that have text, up to the longest reply."""
        left = self.max_reply_chars
        allowance = Allowance(BYTES_PER_CHAR * left + BYTES_AROUND)
        async with aclosing(self.tokens(turns, fields)) as tokens:
            with allowance.applied(self._too_long):
                async for token in tokens:
                    left -= len(token)
                    if left < 0:
                        raise self._too_long()
                    if token:
                        allowance.renew()
                        yield token

    def _too_long(self) -> ReplyTooLongError:
        return ReplyTooLongError(
            f"{self.ctx.this_agent.alias}: {self.model!r} sent more than max_reply_chars={self.max_reply_chars:_} "
            "allows; if so long a reply is wanted, pass a larger max_reply_chars=..."
        )

    async def _conversation(self) -> list[Message]:
        messages = await self.ctx.message_promises
        if not messages:
            raise ValueError(
                f"{self.ctx.this_agent.alias} was sent no message, and a model has nothing to reply to: send it one, "
                'as in agent.inquire("Hello")'
            )
        return [*([] if self.system is None else [SystemMessage(self.system)]), *messages]

    def _log(self, messages: list[Message]) -> None:
        """Send the request and its response to the logger, which outlives this call."""
        logger = MiniAgents.current().llm_logger_agent
        if logger is False:
            return
        agent = markdown_llm_logger_agent if logger is True else logger
        about = {"agent_alias": self.ctx.this_agent.alias, "model": self.model, "parameters": loggable(self.params)}
        agent.fork(interaction_metadata=about).kick_off([*messages, self._reply])


def _turn(message: Message) -> Turn:
    role = message.fields_view().get("role", "user")
    if not isinstance(role, str):
        raise TypeError(f'role={role!r} of a message: it is a text, "user", "assistant" or "system"')
    return {"role": role, "content": str(message)}


def loggable(value: Any) -> Any:
    """``value`` without what may be a secret, at any depth; what is no plain data is named by its type."""
    match value:
        case dict():
            fields: dict[Any, Any] = {**value}
            return {str(name): loggable(item) for name, item in fields.items() if not is_secret(str(name))}
        case list() | tuple():
            items: list[Any] = [*value]
            return [loggable(item) for item in items]
        case str() | int() | float() | None:
            return value
        case _:
            return f"<{type(value).__name__}>"
