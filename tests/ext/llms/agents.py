"""The agents of both providers, as tests call them, and what comes out of a call."""

from collections.abc import AsyncIterator
from typing import Any

from miniagents import MessageSequencePromise, MiniAgent
from miniagents.ext.llms import AnthropicAgent, AssistantMessage, OpenAIAgent
from tests.provider_server.server import ProviderServer

KEY = "sk-this-is-the-key"
PROVIDERS = ["openai", "anthropic"]

Agent = MiniAgent[Any, AssistantMessage]


def agent_of(name: str, provider: ProviderServer, **params: Any) -> Agent:
    if name == "openai":
        return OpenAIAgent.fork(model="m", base_url=provider.openai_url, api_key=KEY, max_retries=0, **params)
    params = {"max_tokens": 99, **params}
    return AnthropicAgent.fork(model="m", base_url=provider.anthropic_url, api_key=KEY, max_retries=0, **params)


async def tokens_of(reply: MessageSequencePromise[AssistantMessage]) -> AsyncIterator[str]:
    async for message in reply:
        async for token in message:
            yield token


async def seen(reply: MessageSequencePromise[AssistantMessage]) -> tuple[list[str], Exception | None]:
    """The tokens that came, and the error that ended them."""
    tokens: list[str] = []
    try:
        async for token in tokens_of(reply):
            tokens.append(token)
    except Exception as error:  # noqa: BLE001  # whatever it is, the test looks at it
        return tokens, error
    return tokens, None
