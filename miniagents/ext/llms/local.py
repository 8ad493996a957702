"""A small model that runs on this machine, in this process, without a key."""

from __future__ import annotations

from asyncio import to_thread
from typing import TYPE_CHECKING

from pydantic import SecretStr
from typing_extensions import override

from miniagents.agents import MiniAgent, miniagent
from miniagents.ext.llms._local_server import MODEL_NAME, local_server_url
from miniagents.ext.llms.connections import connections
from miniagents.ext.llms.messages import AssistantMessage
from miniagents.ext.llms.openai import OpenAIChat
from miniagents.messages import Message

if TYPE_CHECKING:
    from httpx2 import AsyncClient
    from openai import AsyncOpenAI


class LocalChat(OpenAIChat):
    """Asks the local model, whose server speaks OpenAI's protocol; the first call of a process starts it."""

    model: str = MODEL_NAME

    @property
    @override
    def streams_on_the_wire(self) -> bool:
        """Always: the model stops at once when the connection of a stream is closed, and only then."""
        return True

    @override
    async def client(self, agent: str) -> AsyncOpenAI:
        """A client of the local server.

        :raises ImportError: when the server's package, the weights or OpenAI's SDK are not installed.
        """
        if self.model != MODEL_NAME:
            raise ValueError(f"{agent}(model={self.model!r}): the local model is {MODEL_NAME!r}; leave `model` out")
        if self.base_url is not None or self.api_key is not None:
            raise ValueError(f"{agent} takes no base_url and no api_key: for another server there is OpenAIAgent")
        self.base_url: str | None = await to_thread(local_server_url)
        self.api_key: SecretStr | None = SecretStr("none")
        client = await super().client(agent)
        return client.with_options(http_client=await connections(_past_any_proxy))


def _past_any_proxy() -> AsyncClient:
    """Connections to this machine, whatever the environment says of proxies."""
    from openai import DefaultAsyncHttpxClient

    return DefaultAsyncHttpxClient(trust_env=False)


LocalLLMAgent: MiniAgent[Message, AssistantMessage] = miniagent(alias="LOCAL_LLM_AGENT")(LocalChat)
"""A small model on this machine as an agent: SmolLM2-135M-Instruct, four replies at a time, 4096 tokens of context.

It takes what `OpenAIAgent` takes, besides where the server is and the key for it.
"""
