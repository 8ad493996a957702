"""Policies before language models, through the real SDKs: what fails, stalls or loses has its connection closed."""

import asyncio
from contextlib import aclosing

import pytest
from tenacity import wait_none

from miniagents import MessageSequencePromise, MiniAgents
from miniagents import operators as ops
from miniagents.ext.llms import AssistantMessage
from tests.ext.llms.agents import PROVIDERS, agent_of, seen, tokens_of
from tests.operators.in_no_time import skip
from tests.provider_server.script import Fault, Gate, Reply, Request
from tests.provider_server.server import ProviderServer

pytestmark = pytest.mark.parametrize("name", PROVIDERS)


async def asked(provider: ProviderServer, times: int = 1) -> None:
    """Wait until so many requests have arrived: only then may a test let time pass, however busy the machine is."""
    while len(provider.requests) < times:
        await asyncio.sleep(0.001)


async def begun(reply: MessageSequencePromise[AssistantMessage]) -> None:
    """Wait for the first token."""
    async with aclosing(tokens_of(reply)) as tokens:
        await anext(tokens)


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


@pytest.mark.parametrize("fault, limit", [(Fault.STALL, "between_tokens"), (Fault.SLOW_HEADERS, "first_token")])
async def test_a_model_that_stalls_is_left(name: str, provider: ProviderServer, fault: Fault, limit: str) -> None:
    provider.script(Reply(("one ", "two "), fault=fault))
    async with MiniAgents():
        reply = ops.timeout(agent_of(name, provider), first_token=60, between_tokens=30).inquire("Hello")
        await (begun(reply) if fault is Fault.STALL else asked(provider))
        skip(60)
        tokens, error = await seen(reply)
        await provider.requests[0].end()
    assert tokens == (["one "] if fault is Fault.STALL else [])
    assert isinstance(error, TimeoutError) and limit in str(error)
    assert provider.requests[0].closed_early


async def test_an_endless_reply_is_ended(name: str, provider: ProviderServer) -> None:
    provider.script(Reply(fault=Fault.ENDLESS))
    async with MiniAgents():
        reply = ops.timeout(agent_of(name, provider), total=60).inquire("Hello")
        await begun(reply)
        skip(60)
        tokens, error = await seen(reply)
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
        await asked(provider, times=2)
        await asyncio.sleep(0.02)
        assert len(provider.requests) == 2
        gate.open()
        assert [await seen(reply) for reply in replies] == [(["fine"], None)] * 4
