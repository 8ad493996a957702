"""Reading an answer through a real SDK: its text as it comes, and how it ended."""

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from typing import Any

from tests.provider_server.sdk import anthropic_client, openai_client
from tests.provider_server.server import ProviderServer

TOKENS = ("one ", "two ", "three ", "four")
MESSAGES: list[Any] = [{"role": "user", "content": "hello there"}]


@dataclass
class Seen:
    """What came out of an SDK: tokens, and how it ended."""

    tokens: list[str] = field(default_factory=list[str])
    error: Exception | None = None


async def openai_tokens(provider: ProviderServer, timeout_s: float = 10.0) -> AsyncGenerator[str]:
    async with openai_client(provider.openai_url, timeout_s) as client:
        stream = await client.chat.completions.create(model="m", messages=MESSAGES, stream=True)
        async with stream:
            async for chunk in stream:
                if chunk.choices and chunk.choices[0].delta.content:
                    yield chunk.choices[0].delta.content


async def anthropic_tokens(provider: ProviderServer, timeout_s: float = 10.0) -> AsyncGenerator[str]:
    async with anthropic_client(provider.anthropic_url, timeout_s) as client:
        stream = await client.messages.create(model="m", messages=MESSAGES, max_tokens=9, stream=True)
        async with stream:
            async for event in stream:
                if event.type == "content_block_delta" and event.delta.type == "text_delta":
                    yield event.delta.text


async def openai_whole(provider: ProviderServer, timeout_s: float = 10.0) -> AsyncGenerator[str]:
    async with openai_client(provider.openai_url, timeout_s) as client:
        completion = await client.chat.completions.create(model="m", messages=MESSAGES)
        yield completion.choices[0].message.content or ""


async def anthropic_whole(provider: ProviderServer, timeout_s: float = 10.0) -> AsyncGenerator[str]:
    async with anthropic_client(provider.anthropic_url, timeout_s) as client:
        message = await client.messages.create(model="m", messages=MESSAGES, max_tokens=9)
        yield "".join(block.text for block in message.content if block.type == "text")


Read = Callable[..., AsyncGenerator[str]]
STREAMS = [openai_tokens, anthropic_tokens]
WHOLES = [openai_whole, anthropic_whole]


async def see(tokens: AsyncGenerator[str]) -> Seen:
    seen = Seen()
    try:
        async for token in tokens:
            seen.tokens.append(token)
    except Exception as error:  # noqa: BLE001  # whatever it is, the test looks at it
        seen.error = error
    return seen
