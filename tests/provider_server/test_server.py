"""The provider server as the real SDKs see it when nothing goes wrong."""

import asyncio

import pytest

from tests.provider_server.openai_wire import vector_of
from tests.provider_server.reading import (
    MESSAGES,
    STREAMS,
    TOKENS,
    WHOLES,
    Read,
    Seen,
    anthropic_whole,
    openai_whole,
    see,
)
from tests.provider_server.script import Fault, Gate, Reply, Request
from tests.provider_server.sdk import anthropic_client, openai_client
from tests.provider_server.server import ProviderServer

ENDS_NEVER = [
    Fault.STALL,
    Fault.SILENCE,
    Fault.SLOW_HEADERS,
    Fault.ENDLESS,
    Fault.ENDLESS_EVENT,
    Fault.ENDLESS_PINGS,
    Fault.ENDLESS_REFUSAL,
]


@pytest.mark.parametrize("read", STREAMS + WHOLES)
async def test_an_unscripted_request_is_echoed(provider: ProviderServer, read: Read) -> None:
    seen = await see(read(provider))
    assert "".join(seen.tokens) == "You said: hello there"


@pytest.mark.parametrize("read", STREAMS)
async def test_tokens_stream_one_by_one(provider: ProviderServer, read: Read) -> None:
    gate = Gate()
    provider.script(Reply(("one ", gate, 0.001, "two")))
    tokens = read(provider)
    first = await anext(tokens)
    gate.open()
    assert [first, *[token async for token in tokens]] == ["one ", "two"]


async def test_requests_are_recorded_with_headers_and_body(provider: ProviderServer) -> None:
    await see(anthropic_whole(provider))
    [request] = provider.requests
    assert request.path == "/v1/messages"
    assert request.headers["authorization"] == "Bearer none"
    assert request.body == {"model": "m", "messages": MESSAGES, "max_tokens": 9}


async def test_scripted_replies_come_in_order_and_a_function_answers_the_rest(provider: ProviderServer) -> None:
    provider.script(Reply(("first",)))
    provider.answer_with(lambda request: Reply((f"to {request.body['model']}",)))
    assert (await see(openai_whole(provider))).tokens == ["first"]
    assert (await see(openai_whole(provider))).tokens == ["to m"]


async def test_openai_usage_comes_in_a_last_chunk_when_asked_for(provider: ProviderServer) -> None:
    provider.script(Reply(TOKENS, finish_reason="length"))
    async with openai_client(provider.openai_url) as client:
        stream = await client.chat.completions.create(
            model="m", messages=MESSAGES, stream=True, stream_options={"include_usage": True}
        )
        *_, end, last = [chunk async for chunk in stream]
    assert end.choices[0].finish_reason == "length"
    assert (last.choices, last.usage and last.usage.total_tokens) == ([], 6)


async def test_anthropic_usage_comes_with_the_first_and_the_last_but_one_event(provider: ProviderServer) -> None:
    provider.script(Reply(TOKENS))
    async with anthropic_client(provider.anthropic_url) as client:
        stream = await client.messages.create(model="m", messages=MESSAGES, max_tokens=9, stream=True)
        first, *_, delta, stop = [event async for event in stream]
    assert (first.type, delta.type, stop.type) == ("message_start", "message_delta", "message_stop")
    assert first.type == "message_start" and first.message.usage.input_tokens == 2
    assert delta.type == "message_delta" and delta.usage.output_tokens == 4


async def test_anthropics_stream_helper_gathers_the_message(provider: ProviderServer) -> None:
    async with (
        anthropic_client(provider.anthropic_url) as client,
        client.messages.stream(model="m", messages=MESSAGES, max_tokens=9) as stream,
    ):
        assert await stream.get_final_text() == "You said: hello there"


async def test_embeddings_depend_on_the_text_alone(provider: ProviderServer) -> None:
    async with openai_client(provider.openai_url) as client:
        result = await client.embeddings.create(model="m", input=["a", "b"], dimensions=4)
    assert [entry.embedding for entry in result.data] == [vector_of("a", 4), vector_of("b", 4)]


async def start_reading(read: Read, provider: ProviderServer) -> tuple[asyncio.Task[Seen], Request]:
    """A task that reads, once its request has arrived."""
    reading = asyncio.ensure_future(see(read(provider)))
    async with asyncio.timeout(5):
        while not provider.requests:
            await asyncio.sleep(0.001)
    return reading, provider.requests[0]


@pytest.mark.parametrize("fault", [None, *ENDS_NEVER])
@pytest.mark.parametrize("read", STREAMS + WHOLES)
async def test_cancelling_the_reader_closes_its_connection(
    provider: ProviderServer, read: Read, fault: Fault | None
) -> None:
    provider.script(Reply(("one ", "two ", Gate()), fault))
    reading, request = await start_reading(read, provider)
    reading.cancel()
    await asyncio.wait({reading})
    await request.end()
    assert reading.cancelled()
    assert request.closed_early


@pytest.mark.parametrize("read", STREAMS + WHOLES)
async def test_an_answer_read_to_its_end_is_not_closed_early(provider: ProviderServer, read: Read) -> None:
    await see(read(provider))
    [request] = provider.requests
    await request.end()
    assert (request.answered, request.closed_early) == (True, False)


async def test_many_clients_are_served_at_once(provider: ProviderServer) -> None:
    reading = [see(read(provider)) for read in (*STREAMS, *WHOLES) for _ in range(10)]
    assert all("".join(one.tokens) == "You said: hello there" for one in await asyncio.gather(*reading))


def test_a_pause_too_long_for_a_test_is_refused() -> None:
    with pytest.raises(ValueError, match=r"a pause of 0\.5 s is too long"):
        Reply(("one", 0.5))
