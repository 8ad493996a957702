"""What is particular to OpenAI and to servers that speak its protocol."""

import sys

import pytest

from miniagents import MiniAgents
from miniagents.ext.llms import EmbeddingMessage, OpenAIAgent, openai_embedding_agent
from tests.ext.llms.agents import KEY, agent_of
from tests.provider_server.openai_wire import vector_of
from tests.provider_server.script import Fault, Reply
from tests.provider_server.server import ProviderServer


async def test_usage_is_asked_for_unless_the_server_would_refuse_that(provider: ProviderServer) -> None:
    agent = agent_of("openai", provider)
    async with MiniAgents():
        [told], [untold] = await agent.inquire("a"), await agent.inquire("a", stream_options=None)
    assert "stream_options" not in provider.requests[1].body
    assert told.usage.output_tokens == 3
    assert (untold.usage.input_tokens, untold.finish_reason) == (None, "stop")


async def test_key_and_server_come_from_the_environment(
    provider: ProviderServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", provider.openai_url)
    async with MiniAgents():
        await OpenAIAgent.inquire("Hello", model="m")
    assert provider.requests[0].headers["authorization"] == f"Bearer {KEY}"


async def test_more_than_one_reply_to_a_request_is_refused(provider: ProviderServer) -> None:
    async with MiniAgents():
        with pytest.raises(ValueError, match="n=2: one call is one reply"):
            await agent_of("openai", provider).inquire("Hello", n=2)


async def test_a_model_is_asked_for_at_the_call() -> None:
    async with MiniAgents():
        with pytest.raises(TypeError, match="needs the parameter 'model'"):
            await OpenAIAgent.inquire("Hello")


async def test_a_missing_sdk_is_named_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openai", None)
    async with MiniAgents():
        with pytest.raises(ImportError, match=r"OPENAI_AGENT needs .*'openai'.*pip install 'miniagents-rx\[openai\]'"):
            await OpenAIAgent.inquire("Hello", model="m", api_key=KEY)


async def test_row_60_each_message_has_its_embedding(provider: ProviderServer) -> None:
    agent = openai_embedding_agent.fork(model="e", base_url=provider.openai_url, api_key=KEY)
    async with MiniAgents():
        one, two = await agent.inquire(["one", "two"])
    assert one == EmbeddingMessage("one", embedding=tuple(vector_of("one", 8)), model="e")
    assert two.embedding == tuple(vector_of("two", 8))
    assert len(provider.requests) == 1


async def test_row_60_parameters_of_embeddings_pass_through(provider: ProviderServer) -> None:
    agent = openai_embedding_agent.fork(model="e", base_url=provider.openai_url, api_key=KEY)
    async with MiniAgents():
        [message] = await agent.inquire("one", dimensions=3)
    assert len(message.embedding) == 3


async def test_an_answer_that_is_too_long_for_the_embeddings_is_cut_off(provider: ProviderServer) -> None:
    provider.script(Reply(fault=Fault.ENDLESS))
    async with MiniAgents():
        agent = openai_embedding_agent.fork(model="e", base_url=provider.openai_url, api_key=KEY)
        with pytest.raises(ValueError, match="OPENAI_EMBEDDING_AGENT: 'e' sent more for 1 texts than the 1_048_576"):
            await agent.inquire("one")
        await provider.requests[0].end()
    assert provider.requests[0].closed_early
    assert len(provider.requests) == 1


async def test_nothing_to_embed_is_an_error(provider: ProviderServer) -> None:
    async with MiniAgents():
        with pytest.raises(ValueError, match="there is nothing to embed"):
            await openai_embedding_agent.inquire([], model="e", api_key=KEY)
