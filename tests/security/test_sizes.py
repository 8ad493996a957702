"""What comes from outside has a largest size: past it there is an error, after everything that came before."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from miniagents import MiniAgents
from miniagents.ext import MarkdownHistoryAgent
from miniagents.ext.history_file import MAX_BYTES
from miniagents.ext.llms import ReplyTooLongError, openai_embedding_agent
from tests.ext.llms.agents import KEY, PROVIDERS, agent_of, seen
from tests.ext.llms.conftest import no_keys
from tests.provider_server.fixture import provider, provider_server
from tests.provider_server.script import Fault, Reply
from tests.provider_server.server import ProviderServer

__all__ = ["no_keys", "provider", "provider_server"]


@pytest.mark.parametrize("return_full_history", [True, False])
async def test_a_history_file_that_is_too_large_is_neither_read_nor_written(
    tmp_path: Path, return_full_history: bool
) -> None:
    path = tmp_path / "CHAT.md"
    path.touch()
    os.truncate(path, MAX_BYTES + 1)
    async with MiniAgents():
        with pytest.raises(
            OSError, match=r"CHAT\.md' comes to 16_777_\d+ bytes, and the limit is max_bytes=16_777_216"
        ):
            await MarkdownHistoryAgent.inquire("a", history_md_file=path, return_full_history=return_full_history)
    assert path.stat().st_size == MAX_BYTES + 1


async def test_a_history_file_never_becomes_too_large_to_be_read(tmp_path: Path) -> None:
    history = MarkdownHistoryAgent.fork(history_md_file=tmp_path / "CHAT.md", max_bytes=1000)
    kept = 0
    async with MiniAgents():
        with pytest.raises(OSError, match="max_bytes=1_000"):
            while True:
                await history.inquire("x" * 20)
                kept += 1
        assert len(await history.inquire()) == kept > 10


@pytest.mark.parametrize("name", PROVIDERS)
@pytest.mark.parametrize("stream", [True, False])
async def test_a_reply_without_an_end_ends(name: str, stream: bool, provider: ProviderServer) -> None:
    provider.script(Reply(("one ", "two "), Fault.ENDLESS))
    async with MiniAgents():
        agent = agent_of(name, provider, stream=stream, max_reply_chars=1000)
        tokens, error = await seen(agent.inquire("Hello"))
        await provider.requests[0].end()
    assert isinstance(error, ReplyTooLongError)
    assert len("".join(tokens)) == (999 if stream else 0)
    assert provider.requests[0].closed_early


async def test_embeddings_without_an_end_end(provider: ProviderServer) -> None:
    provider.script(Reply(fault=Fault.ENDLESS))
    async with MiniAgents():
        agent = openai_embedding_agent.fork(model="e", base_url=provider.openai_url, api_key=KEY)
        with pytest.raises(ValueError, match="sent more for 2 texts than the 1_048_576 bytes"):
            await agent.inquire(["one", "two"])
        await provider.requests[0].end()
    assert provider.requests[0].closed_early
