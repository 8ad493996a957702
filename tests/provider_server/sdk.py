"""The two SDKs' clients, as tests use them: no retries, short timeouts, nothing left behind."""

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anthropic
import openai


@asynccontextmanager
async def openai_client(base_url: str, timeout_s: float = 10.0) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(base_url=base_url, api_key="none", max_retries=0, timeout=timeout_s) as client:
        yield client
    await let_go()


@asynccontextmanager
async def anthropic_client(base_url: str, timeout_s: float = 10.0) -> AsyncIterator[anthropic.AsyncAnthropic]:
    async with anthropic.AsyncAnthropic(base_url=base_url, api_key="none", max_retries=0, timeout=timeout_s) as client:
        yield client
    await let_go()


async def let_go() -> None:
    """Let the loop close the generators of streams that were left early.

    The SDKs keep them half-run in reference cycles; when those are collected, the loop closes each in a task of its
    own, which a test would be blamed for.
    """
    gc.collect()
    for _ in range(20):
        await asyncio.sleep(0)
