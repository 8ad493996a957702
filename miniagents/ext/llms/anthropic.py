"""Anthropic's models."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from contextlib import aclosing, contextmanager
from itertools import groupby
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from miniagents.agents import MiniAgent, miniagent
from miniagents.ext.llms.chat import Chat, Turn
from miniagents.ext.llms.connections import connections
from miniagents.ext.llms.endpoint import Endpoint, no_key
from miniagents.ext.llms.messages import AssistantMessage
from miniagents.ext.llms.sdk import arguments_for, closing, load, raw_response
from miniagents.messages import Message

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic
    from anthropic.types import MessageDeltaUsage, RawMessageStreamEvent
    from anthropic.types import Usage as AnthropicUsage
    from httpx2 import Response

KEY_VARIABLE = "ANTHROPIC_API_KEY"
FIRST_TURN: Turn = {"role": "user", "content": "/start"}
"""Stands before a conversation that the user has not begun: the API asks for a first turn of theirs."""

FINISH_REASONS = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}


class AnthropicChat(Endpoint, Chat):
    """Asks a model of Anthropic (``ANTHROPIC_API_KEY``, ``ANTHROPIC_BASE_URL``).

    System messages are gathered into ``system``, and successive turns of one role become one, as the API wants them.
    """

    max_tokens: int
    """The longest reply; the API wants to be told."""

    @override
    async def tokens(self, turns: list[Turn], fields: dict[str, Any]) -> AsyncGenerator[str, None]:
        """Send ``turns`` to the model and yield the tokens of its reply."""
        client = await self._client()
        asked = {"model": self.model, "max_tokens": self.max_tokens, **prompt_of(turns), **self.params}
        if not self.streams_on_the_wire:
            yield await _whole(client, asked, fields)
            return
        async with aclosing(_streamed(client, asked, fields)) as tokens:
            async for token in tokens:
                yield token

    async def _client(self) -> AsyncAnthropic:
        agent = self.ctx.this_agent.alias
        await load("anthropic", agent)
        from anthropic import AsyncAnthropic, DefaultAsyncHttpxClient

        http_client = await connections(DefaultAsyncHttpxClient)
        client = AsyncAnthropic(api_key=self.key(agent, KEY_VARIABLE), http_client=http_client, **self.options())
        if client.api_key is None and client.auth_token is None and client.credentials is None:
            raise no_key(agent, KEY_VARIABLE)
        return client


def prompt_of(turns: list[Turn]) -> dict[str, Any]:
    """``system`` and ``messages`` as the API wants them; turns without text, which it refuses, are left out."""
    said = [turn for turn in turns if turn["content"].strip()]
    system = [turn["content"] for turn in said if turn["role"] == "system"]
    spoken = [turn for turn in said if turn["role"] != "system"]
    if not spoken or spoken[0]["role"] == "assistant":
        spoken.insert(0, FIRST_TURN)
    merged = [
        {"role": role, "content": "\n\n".join(turn["content"] for turn in run)}
        for role, run in groupby(spoken, key=lambda turn: turn["role"])
    ]
    return {"messages": merged, **({"system": "\n\n".join(system)} if system else {})}


async def _streamed(client: AsyncAnthropic, asked: dict[str, Any], fields: dict[str, Any]) -> AsyncGenerator[str, None]:
    from anthropic import APIConnectionError

    stream = await client.messages.create(stream=True, **arguments_for(type(client.messages).create, asked))
    complete = False
    async with closing(stream):
        with _sdk_errors(stream.response):
            async for event in stream:
                complete = complete or event.type == "message_stop"
                yield _token(event, fields)
        if not complete:
            raise APIConnectionError(
                message="the reply broke off: it ended without a message_stop", request=stream.response.request
            )


def _token(event: RawMessageStreamEvent, fields: dict[str, Any]) -> str:
    """Put what ``event`` says besides the text into ``fields``."""
    if event.type == "content_block_delta" and event.delta.type == "text_delta":
        return event.delta.text
    if event.type == "message_start":
        fields["model"] = event.message.model
        fields["response"] = event.message.to_dict(mode="json")
        _count(fields, event.message.usage)
    elif event.type == "message_delta":
        response = fields.setdefault("response", {})
        response.update(event.delta.to_dict(mode="json"))
        response["usage"] = {**response.get("usage", {}), **event.usage.to_dict(mode="json")}
        _finish(fields, event.delta.stop_reason)
        _count(fields, event.usage)
    return ""


async def _whole(client: AsyncAnthropic, asked: dict[str, Any], fields: dict[str, Any]) -> str:
    from anthropic.types import Message as Reply

    arguments = arguments_for(type(client.messages).create, asked)
    raw = await raw_response(client.messages.with_raw_response.create, arguments)
    with _sdk_errors(raw.http_response):
        reply: object = await raw.parse()
        if not isinstance(reply, Reply):  # which the SDK does not look at
            raise ValueError("it is no message")
    fields["model"] = reply.model
    fields["response"] = reply.to_dict(mode="json")
    _finish(fields, reply.stop_reason)
    _count(fields, reply.usage)
    return "".join(block.text for block in reply.content if block.type == "text")


def _finish(fields: dict[str, Any], reason: str | None) -> None:
    if reason:
        fields["finish_reason"] = FINISH_REASONS.get(reason, reason)


def _count(fields: dict[str, Any], usage: AnthropicUsage | MessageDeltaUsage) -> None:
    """Keep the last number told of each; the end of a stream tells only what has changed."""
    known = fields.setdefault("usage", {})
    for name in ("input_tokens", "output_tokens"):
        number = getattr(usage, name, None)
        if number is not None:
            known[name] = number


@contextmanager
def _sdk_errors(response: Response) -> Generator[None]:
    """Give the SDK's own types to what goes wrong while the body is read, which it lets through as it is."""
    from anthropic import APIConnectionError, APIResponseValidationError, APITimeoutError
    from httpx2 import RequestError, TimeoutException

    try:
        yield
    except TimeoutException as error:
        raise APITimeoutError(response.request) from error
    except RequestError as error:
        raise APIConnectionError(message=f"the reply broke off: {error!r}", request=response.request) from error
    except (ValueError, RecursionError) as error:  # no JSON, no UTF-8, or nested without end
        raise APIResponseValidationError(response, None, message=f"the reply cannot be read: {error}") from error


AnthropicAgent: MiniAgent[Message, AssistantMessage] = miniagent(alias="ANTHROPIC_AGENT")(AnthropicChat)
"""A model of Anthropic as an agent.

``AnthropicAgent.fork(model="...", max_tokens=1000)``; its parameters are the fields of `AnthropicChat` and whatever the
messages API takes.
"""
