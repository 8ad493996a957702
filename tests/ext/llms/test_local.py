"""`LocalLLMAgent` on the real model."""

import asyncio
import sys
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from miniagents import MiniAgents
from miniagents.core.errors import PromiseCancelledError
from miniagents.ext.llms import LocalLLMAgent
from miniagents.ext.llms._local_server import local_server_url
from tests.ext.llms.agents import tokens_of


async def first_of(tokens: AsyncIterator[str]) -> str:
    return await anext(tokens)


async def busy_slots() -> int:
    root = (await asyncio.to_thread(local_server_url)).removesuffix("/v1")
    async with httpx2.AsyncClient() as client:
        return sum(slot["is_processing"] for slot in (await client.get(f"{root}/slots")).json())


async def test_a_real_model_replies_token_by_token() -> None:
    async with MiniAgents():
        reply = LocalLLMAgent.inquire("What is the capital of France?", max_tokens=20, seed=1)
        tokens = [token async for token in tokens_of(reply)]
        [message] = await reply
    assert len(tokens) > 5
    assert "Paris" in str(message)
    assert message.usage.output_tokens is not None


async def test_without_streaming_its_reply_is_one_token() -> None:
    async with MiniAgents():
        [token] = [token async for token in tokens_of(LocalLLMAgent.inquire("Hello", max_tokens=5, stream=False))]
    assert token


async def test_several_replies_are_generated_at_once() -> None:
    async with MiniAgents():
        replies = [LocalLLMAgent.inquire(f"Count to {n}", max_tokens=60, ignore_eos=True) for n in (10, 20, 30)]
        async with asyncio.TaskGroup() as firsts:
            for reply in replies:
                firsts.create_task(first_of(tokens_of(reply)))
        assert await busy_slots() == 3
        for reply in replies:
            reply.cancel()


@pytest.mark.parametrize("stream", [True, False])
async def test_cancelling_a_call_frees_its_slot(stream: bool) -> None:
    async with MiniAgents():
        reply = LocalLLMAgent.inquire("Count to 1000", max_tokens=400, ignore_eos=True, stream=stream)
        while not await busy_slots():
            await asyncio.sleep(0.005)
        reply.cancel()
        with pytest.raises(PromiseCancelledError):
            await reply
        while await busy_slots():
            await asyncio.sleep(0.005)


async def test_another_model_is_refused() -> None:
    async with MiniAgents():
        with pytest.raises(ValueError, match=r"model='gpt'.* the local model is 'SmolLM2-135M-Instruct'"):
            await LocalLLMAgent.inquire("Hello", model="gpt")


@pytest.mark.parametrize("option", [{"base_url": "http://127.0.0.1:1"}, {"api_key": "k"}])
async def test_another_server_is_refused(option: dict[str, Any]) -> None:
    async with MiniAgents():
        with pytest.raises(ValueError, match="takes no base_url and no api_key"):
            await LocalLLMAgent.inquire("Hello", **option)


async def test_a_missing_sdk_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openai", None)
    async with MiniAgents():
        with pytest.raises(ImportError, match="LOCAL_LLM_AGENT needs the package 'openai'"):
            await LocalLLMAgent.inquire("Hello")


async def test_a_proxy_in_the_environment_is_passed_by(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    async with MiniAgents():
        assert await LocalLLMAgent.inquire("Hello", max_tokens=3)
