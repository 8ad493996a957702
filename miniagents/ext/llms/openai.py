"""OpenAI's models, and those of any server that speaks its protocol."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from contextlib import aclosing, contextmanager
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
    from httpx2 import Response
    from openai import AsyncOpenAI
    from openai.types import CompletionUsage
    from openai.types.chat import ChatCompletionChunk
    from openai.types.chat.chat_completion_chunk import ChoiceDelta

KEY_VARIABLE = "OPENAI_API_KEY"


class OpenAIEndpoint(Endpoint):
    """How to reach OpenAI (``OPENAI_API_KEY``), or another server that speaks its protocol (``OPENAI_BASE_URL``)."""

    async def client(self, agent: str) -> AsyncOpenAI:
        """A client for one call; the connections behind it are shared.

        :raises ImportError: without the SDK.
        :raises ValueError: without a key.
        """
        await load("openai", agent)
        from openai import AsyncOpenAI, DefaultAsyncHttpxClient

        key = self.key(agent, KEY_VARIABLE)
        if key is None:
            raise no_key(agent, KEY_VARIABLE)
        http_client = await connections(DefaultAsyncHttpxClient)
        return AsyncOpenAI(api_key=key, http_client=http_client, **self.options())


class OpenAIChat(OpenAIEndpoint, Chat):
    """Asks a model of OpenAI, or of a server that speaks its protocol, by its chat completions.

    The number of tokens is asked for with each streamed reply; ``stream_options=None`` is for servers that refuse that.
    """

    @override
    async def tokens(self, turns: list[Turn], fields: dict[str, Any]) -> AsyncGenerator[str, None]:
        """Send ``turns`` to the model and yield the tokens of its reply."""
        if self.params.get("n", 1) != 1:
            raise ValueError(f"n={self.params['n']!r}: one call is one reply; make several calls, they run at once")
        client = await self.client(self.ctx.this_agent.alias)
        asked = {"model": self.model, "messages": turns, **self.params}
        if not self.streams_on_the_wire:
            yield await _whole(client, asked, fields)
            return
        asked = {"stream_options": {"include_usage": True}, **asked}
        if asked["stream_options"] is None:
            del asked["stream_options"]
        async with aclosing(_streamed(client, asked, fields)) as tokens:
            async for token in tokens:
                yield token


async def _streamed(client: AsyncOpenAI, asked: dict[str, Any], fields: dict[str, Any]) -> AsyncGenerator[str, None]:
    from openai import APIConnectionError

    completions = client.chat.completions
    stream = await completions.create(stream=True, **arguments_for(type(completions).create, asked))
    async with closing(stream):
        with _errors_of_content(stream.response):
            async for chunk in stream:
                yield _token(chunk, fields)
        if "finish_reason" not in fields:
            raise APIConnectionError(
                message="the reply broke off: it ended without a finish_reason", request=stream.response.request
            )


def _token(chunk: ChatCompletionChunk, fields: dict[str, Any]) -> str:
    """Put what ``chunk`` says besides the text into ``fields``; the first choice is the only one."""
    response: dict[str, Any] = fields.setdefault("response", {})
    about = chunk.to_dict(mode="json", exclude_none=True)
    response.update({name: value for name, value in about.items() if name != "choices"})
    _describe(fields, chunk.model, chunk.usage)
    for choice in chunk.choices or ():
        if choice.finish_reason:
            fields["finish_reason"] = choice.finish_reason
        delta: ChoiceDelta | None = choice.delta  # some servers leave it out where the reply ends
        return "" if delta is None else delta.content or delta.refusal or ""
    return ""


async def _whole(client: AsyncOpenAI, asked: dict[str, Any], fields: dict[str, Any]) -> str:
    from openai.types.chat import ChatCompletion

    completions = client.chat.completions
    arguments = arguments_for(type(completions).create, asked)
    raw = await raw_response(completions.with_raw_response.create, arguments)
    with _errors_of_content(raw.http_response):
        completion: object = raw.parse()
        if not isinstance(completion, ChatCompletion) or not completion.choices:  # which the SDK does not look at
            raise ValueError("it is no chat completion")
    choice = completion.choices[0]
    fields["response"] = completion.to_dict(mode="json")
    fields["finish_reason"] = choice.finish_reason
    _describe(fields, completion.model, completion.usage)
    return choice.message.content or choice.message.refusal or ""


def _describe(fields: dict[str, Any], model: str | None, usage: CompletionUsage | None) -> None:
    if model:
        fields["model"] = model
    if usage:
        fields["usage"] = {"input_tokens": usage.prompt_tokens, "output_tokens": usage.completion_tokens}


@contextmanager
def _errors_of_content(response: Response) -> Generator[None]:
    """Give a reply that is no JSON, no UTF-8 or nested without end the SDK's own error."""
    from openai import APIResponseValidationError

    try:
        yield
    except (ValueError, RecursionError) as error:
        raise APIResponseValidationError(response, None, message=f"the reply cannot be read: {error}") from error


OpenAIAgent: MiniAgent[Message, AssistantMessage] = miniagent(alias="OPENAI_AGENT")(OpenAIChat)
"""A model of OpenAI, or of a server that speaks its protocol, as an agent.

``OpenAIAgent.fork(model="...")``; its parameters are the fields of `OpenAIChat` and whatever chat completions take.
"""
