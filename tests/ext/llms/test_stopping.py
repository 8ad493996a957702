"""What stops a request, and that its connection is closed; and agents on more than one event loop."""

import asyncio
import gc

import pytest

from miniagents import MiniAgents
from miniagents.core.errors import PromiseCancelledError
from miniagents.ext.llms import connections
from tests.ext.llms.agents import PROVIDERS, agent_of, tokens_of
from tests.loop import run
from tests.provider_server.script import Gate, Reply
from tests.provider_server.server import ProviderServer

pytestmark = pytest.mark.parametrize("name", PROVIDERS)


async def test_cancelling_the_message_closes_the_connection_and_keeps_what_came(
    name: str, provider: ProviderServer
) -> None:
    provider.script(Reply(("one ", Gate(), "two")))
    async with MiniAgents():
        message = await anext(aiter(agent_of(name, provider).inquire("Hello")))
        assert await anext(aiter(message)) == "one "
        assert message.cancel()
        with pytest.raises(PromiseCancelledError) as caught:
            await message
        await provider.requests[0].end()
    assert provider.requests[0].closed_early
    assert caught.value.partial == ("one ",)


@pytest.mark.parametrize("stream", [True, False])
async def test_cancelling_the_call_closes_the_connection(name: str, provider: ProviderServer, stream: bool) -> None:
    provider.script(Reply(("one ", Gate(), "two")))
    async with MiniAgents():
        reply = agent_of(name, provider).inquire("Hello", stream=stream)
        while not provider.requests:
            await asyncio.sleep(0.001)
        assert reply.cancel()
        with pytest.raises(PromiseCancelledError):
            await reply
        await provider.requests[0].end()
    assert provider.requests[0].closed_early


async def test_leaving_the_context_by_an_error_closes_the_connection(name: str, provider: ProviderServer) -> None:
    provider.script(Reply(("one ", Gate(), "two")))
    with pytest.raises(KeyError):
        async with MiniAgents():
            tokens = tokens_of(agent_of(name, provider).inquire("Hello"))
            assert await anext(tokens) == "one "
            raise KeyError
    await provider.requests[0].end()
    assert provider.requests[0].closed_early


async def test_a_reader_that_leaves_stops_nothing(name: str, provider: ProviderServer) -> None:
    gate = Gate()
    provider.script(Reply(("one ", gate, "two")))
    async with MiniAgents():
        reply = agent_of(name, provider).inquire("Hello")
        assert await anext(tokens_of(reply)) == "one "
        gate.open()
        assert [token async for token in tokens_of(reply)] == ["one ", "two"]


async def test_calls_of_one_loop_share_their_connections(name: str, provider: ProviderServer) -> None:
    agent = agent_of(name, provider)
    for _ in range(2):
        async with MiniAgents():
            await agent.inquire("Hello")
    assert len(connections._kept[asyncio.get_running_loop()]) == 1


def test_an_agent_is_alive_in_a_second_event_loop(name: str, provider: ProviderServer) -> None:
    agent = agent_of(name, provider)

    async def ask() -> str:
        async with MiniAgents():
            [message] = await agent.inquire("Hello")
        return str(message)

    assert [run(ask()), run(ask())] == ["You said: Hello", "You said: Hello"]
    gc.collect()
    assert not any(kept for loop, kept in connections._kept.items() if loop.is_closed())
