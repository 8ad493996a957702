"""The two SDKs' clients, as tests use them: no retries, short timeouts, nothing left behind."""

import asyncio
import gc
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import anthropic
import httpx2
import openai


@asynccontextmanager
async def openai_client(base_url: str, timeout_s: float = 10.0) -> AsyncGenerator[openai.AsyncOpenAI]:
    timeout = _between_pieces(timeout_s)
    async with openai.AsyncOpenAI(base_url=base_url, api_key="none", max_retries=0, timeout=timeout) as client:
        yield client
    await let_go()


@asynccontextmanager
async def anthropic_client(base_url: str, timeout_s: float = 10.0) -> AsyncGenerator[anthropic.AsyncAnthropic]:
    timeout = _between_pieces(timeout_s)
    async with anthropic.AsyncAnthropic(base_url=base_url, api_key="none", max_retries=0, timeout=timeout) as client:
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


def _between_pieces(seconds: float) -> httpx2.Timeout:
    """Impatient only with a server that has taken the request, however busy the machine is."""
    return httpx2.Timeout(10.0, read=seconds)
