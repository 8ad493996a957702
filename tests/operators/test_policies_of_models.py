"""Policies before language models, through the real SDKs: what fails, stalls or loses has its connection closed."""

import asyncio
import time

import pytest
from tenacity import wait_none

from miniagents import MiniAgents
from miniagents import operators as ops
from tests.ext.llms.agents import PROVIDERS, agent_of, seen
from tests.provider_server.script import Fault, Gate, Reply, Request
from tests.provider_server.server import ProviderServer

pytestmark = pytest.mark.parametrize("name", PROVIDERS)


async def test_an_overloaded_model_is_asked_again(name: str, provider: ProviderServer) -> None:
    provider.script(Reply(fault=Fault.OVERLOADED), Reply(fault=Fault.RATE_LIMITED), Reply(("fine",)))
    async with MiniAgents():
        retried = ops.retry(agent_of(name, provider), wait=wait_none())
        assert await seen(retried.inquire("Hello")) == (["fine"], None)
    assert len(provider.requests) == 3


async def test_a_reply_that_is_cut_is_not_streamed_twice(name: str, provider: ProviderServer) -> None:
    provider.script(Reply(("one ", "two "), fault=Fault.CUT))
    async with MiniAgents():
        tokens, error = await seen(ops.retry(agent_of(name, provider), wait=wait_none()).inquire("Hello"))
    assert (tokens, len(provider.requests)) == (["one "], 1)
    assert error is not None


@pytest.mark.parametrize("fault", [Fault.STALL, Fault.SLOW_HEADERS])
async def test_a_model_that_stalls_is_left(name: str, provider: ProviderServer, fault: Fault) -> None:
    provider.script(Reply(("one ", "two "), fault=fault))
    async with MiniAgents():
        timed = ops.timeout(agent_of(name, provider), first_token=0.3, between_tokens=0.05)
        tokens, error = await seen(timed.inquire("Hello"))
        await provider.requests[0].end()
    assert tokens == (["one "] if fault is Fault.STALL else [])
    assert isinstance(error, TimeoutError)
    assert provider.requests[0].closed_early


async def test_an_endless_reply_is_ended(name: str, provider: ProviderServer) -> None:
    provider.script(Reply(fault=Fault.ENDLESS))
    async with MiniAgents():
        tokens, error = await seen(ops.timeout(agent_of(name, provider), total=0.5).inquire("Hello"))
        await provider.requests[0].end()
    assert tokens
    assert isinstance(error, TimeoutError)
    assert provider.requests[0].closed_early


async def test_the_next_provider_is_asked(name: str, provider: ProviderServer) -> None:
    provider.script(Reply(fault=Fault.SERVER_ERROR), Reply(("fine",)))
    other = PROVIDERS[1 - PROVIDERS.index(name)]
    async with MiniAgents():
        either = ops.fallback(agent_of(name, provider), agent_of(other, provider))
        assert await seen(either.inquire("Hello")) == (["fine"], None)


async def test_the_loser_of_a_race_has_its_connection_closed(name: str, provider: ProviderServer) -> None:
    gate = Gate()

    def answer(request: Request) -> Reply:
        return Reply((gate, "slow")) if request.body["model"] == "slow" else Reply(("quick",))

    provider.answer_with(answer)
    agent = agent_of(name, provider)
    async with MiniAgents():
        racing = ops.race(agent.fork(model="slow"), agent.fork(model="quick"))
        assert await seen(racing.inquire("Hello")) == (["quick"], None)
        slow = [request for request in provider.requests if request.body["model"] == "slow"]
        await asyncio.gather(*(request.end() for request in slow))
    assert all(request.closed_early for request in slow)


async def test_a_limit_lets_so_many_requests_through(name: str, provider: ProviderServer) -> None:
    gate = Gate()
    provider.script(*[Reply((gate, "fine"))] * 4)
    limited = ops.limit(agent_of(name, provider), 2)
    async with MiniAgents():
        replies = [limited.inquire("Hello") for _ in range(4)]
        until = time.monotonic() + 5
        while len(provider.requests) < 2 and time.monotonic() < until:
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.02)
        assert len(provider.requests) == 2
        gate.open()
        assert [await seen(reply) for reply in replies] == [(["fine"], None)] * 4
