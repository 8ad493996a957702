"""What becomes of each fault of a provider: the tokens that came, then an error, never a short reply.

The error is the SDK's, but for a reply that is longer than it may be.
"""

import re

import anthropic
import httpx2
import openai
import pytest

from miniagents import MiniAgents
from miniagents.ext.llms import ReplyTooLongError, chat
from miniagents.ext.llms.allowance import REFUSAL_BYTES
from tests.ext.llms.agents import PROVIDERS, agent_of, seen, tokens_of
from tests.provider_server.script import Fault, Gate, Reply
from tests.provider_server.server import ProviderServer

TOKENS = ("one ", "two ", "three ", "four")
IMPATIENT = httpx2.Timeout(10.0, read=0.08)
"""Impatient only with a server that has taken the request, however busy the machine is."""
SDKS = {"openai": openai, "anthropic": anthropic}
REFUSALS = {
    Fault.BAD_REQUEST: "BadRequestError",
    Fault.UNAUTHORIZED: "AuthenticationError",
    Fault.NOT_FOUND: "NotFoundError",
    Fault.RATE_LIMITED: "RateLimitError",
    Fault.SERVER_ERROR: "InternalServerError",
}
# The fault, the tokens before the error, and the error with and without `stream` (None: no error).
BROKEN: list[tuple[Fault, int, str | None, str | None]] = [
    (Fault.SLOW_HEADERS, 0, "APITimeoutError", "APITimeoutError"),
    (Fault.SLOW_BODY, 4, None, None),
    (Fault.STALL, 2, "APITimeoutError", "APITimeoutError"),
    (Fault.CUT, 2, "APIConnectionError", "APIConnectionError"),
    (Fault.SHORT, 2, "APIConnectionError", "APIResponseValidationError"),
    (Fault.MALFORMED_SSE, 4, None, "APIResponseValidationError"),
    (Fault.MALFORMED_JSON, 2, "APIResponseValidationError", "APIResponseValidationError"),
    (Fault.WRONG_ENCODING, 2, "APIResponseValidationError", "APIResponseValidationError"),
    (Fault.EMPTY, 0, "APIConnectionError", "APIResponseValidationError"),
    (Fault.SILENCE, 4, "APITimeoutError", "APITimeoutError"),
]
HANGS = {Fault.SLOW_HEADERS, Fault.STALL, Fault.SILENCE}
pytestmark = pytest.mark.parametrize("name", PROVIDERS)


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(("fault", "error"), REFUSALS.items())
async def test_a_refusal_is_the_error_of_the_sdk(
    name: str, provider: ProviderServer, fault: Fault, error: str, stream: bool
) -> None:
    provider.script(Reply(fault=fault))
    async with MiniAgents():
        with pytest.raises(getattr(SDKS[name], error)):
            await agent_of(name, provider).inquire("Hello", stream=stream)


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(("fault", "before", "streamed", "whole"), BROKEN)
async def test_a_broken_reply_gives_its_tokens_and_then_an_error_of_the_sdk(
    name: str,
    provider: ProviderServer,
    fault: Fault,
    before: int,
    streamed: str | None,
    whole: str | None,
    stream: bool,
) -> None:
    provider.script(Reply(TOKENS, fault))
    async with MiniAgents():
        agent = agent_of(name, provider, **({"timeout": IMPATIENT} if fault in HANGS else {}))
        tokens, error = await seen(agent.inquire("Hello", stream=stream))
    expected = streamed if stream else whole
    assert type(error).__name__ == (expected or "NoneType")
    assert error is None or isinstance(error, SDKS[name].APIError)
    assert tokens == (list(TOKENS[:before]) if stream else [] if expected else ["".join(TOKENS)])


async def test_a_connection_that_is_reset_is_an_error_after_the_tokens_that_arrived(
    name: str, provider: ProviderServer
) -> None:
    provider.script(Reply(TOKENS, Fault.RESET))
    async with MiniAgents():
        tokens, error = await seen(agent_of(name, provider).inquire("Hello"))
    assert isinstance(error, SDKS[name].APIConnectionError)
    assert tokens == list(TOKENS[: len(tokens)])


async def test_an_error_that_the_provider_sends_in_the_stream_is_an_error_of_the_sdk(
    name: str, provider: ProviderServer
) -> None:
    provider.script(Reply(TOKENS, Fault.ERROR_IN_STREAM))
    async with MiniAgents():
        tokens, error = await seen(agent_of(name, provider).inquire("Hello"))
    assert isinstance(error, SDKS[name].APIError)
    assert "the server gave up" in str(error)
    assert tokens == ["one ", "two "]


@pytest.mark.parametrize("stream", [True, False])
async def test_a_huge_token_arrives_whole(name: str, provider: ProviderServer, stream: bool) -> None:
    provider.script(Reply(fault=Fault.HUGE_TOKEN))
    async with MiniAgents():
        [token], error = await seen(agent_of(name, provider).inquire("Hello", stream=stream))
    assert (len(token), error) == (4 * 1024 * 1024, None)


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("fault", [Fault.ENDLESS, Fault.ENDLESS_EVENT, Fault.ENDLESS_PINGS])
async def test_a_reply_without_an_end_gives_the_tokens_that_fit_and_then_an_error(
    name: str, provider: ProviderServer, fault: Fault, stream: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat, "BYTES_AROUND", 1024 * 1024)  # how long Anthropic's SDK takes grows by the square
    provider.script(Reply(("one ", "two "), fault))
    async with MiniAgents():
        tokens, error = await seen(agent_of(name, provider).inquire("Hello", stream=stream, max_reply_chars=100))
        await provider.requests[0].end()
    assert isinstance(error, ReplyTooLongError)
    assert re.match(f"{name.upper()}_AGENT: 'm' sent more than max_reply_chars=100 allows", str(error))
    assert tokens == ((["one "] + ["more "] * 19)[: 20 if fault is Fault.ENDLESS else 1] if stream else [])
    assert provider.requests[0].closed_early


@pytest.mark.parametrize("stream", [True, False])
async def test_a_token_that_does_not_fit_is_not_kept(name: str, provider: ProviderServer, stream: bool) -> None:
    gate = [Gate()] if stream else []
    provider.script(Reply(("one ", "x" * 1000, *gate)))
    async with MiniAgents():
        tokens, error = await seen(agent_of(name, provider).inquire("Hello", stream=stream, max_reply_chars=1000))
        await provider.requests[0].end()
    assert isinstance(error, ReplyTooLongError)
    assert tokens == (["one "] if stream else [])
    assert provider.requests[0].closed_early == stream, "of a whole body nothing is left to be sent"


@pytest.mark.parametrize("stream", [True, False])
async def test_a_reply_of_just_the_length_is_whole(name: str, provider: ProviderServer, stream: bool) -> None:
    provider.script(Reply(TOKENS))
    async with MiniAgents():
        agent = agent_of(name, provider)
        tokens, error = await seen(agent.inquire("Hello", stream=stream, max_reply_chars=len("".join(TOKENS))))
    assert ("".join(tokens), error) == ("".join(TOKENS), None)


async def test_what_comes_besides_the_text_is_counted_from_one_text_to_the_next(
    name: str, provider: ProviderServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat, "BYTES_AROUND", 2000)  # less than the events of all tokens take
    provider.script(Reply(("x", 0.001) * 50))
    async with MiniAgents():
        tokens, error = await seen(agent_of(name, provider).inquire("Hello", max_reply_chars=50))
    assert (tokens, error) == (["x"] * 50, None)


@pytest.mark.parametrize("stream", [True, False])
async def test_a_refusal_without_an_end_is_a_refusal(name: str, provider: ProviderServer, stream: bool) -> None:
    provider.script(Reply(fault=Fault.ENDLESS_REFUSAL))
    async with MiniAgents():
        _, error = await seen(agent_of(name, provider).inquire("Hello", stream=stream))
        await provider.requests[0].end()
    assert isinstance(error, SDKS[name].BadRequestError)
    assert len(str(error)) <= REFUSAL_BYTES
    assert provider.requests[0].closed_early


@pytest.mark.parametrize("stream", [True, False])
async def test_a_reply_that_is_too_long_is_not_asked_for_again(
    name: str, provider: ProviderServer, stream: bool
) -> None:
    provider.script(Reply(TOKENS, Fault.ENDLESS))
    async with MiniAgents():
        agent = agent_of(name, provider).fork(max_retries=2)
        _, error = await seen(agent.inquire("Hello", stream=stream, max_reply_chars=10))
    assert isinstance(error, ReplyTooLongError)
    assert len(provider.requests) == 1


async def test_an_endless_reply_goes_on_until_it_is_cancelled(name: str, provider: ProviderServer) -> None:
    provider.script(Reply(("one ",), Fault.ENDLESS))
    async with MiniAgents():
        async with agent_of(name, provider).inquire("Hello") as reply:
            tokens = tokens_of(reply)
            for _ in range(200):
                await anext(tokens)
        await provider.requests[0].end()
    assert provider.requests[0].closed_early


async def test_the_retries_are_those_of_the_sdk_and_nothing_is_streamed_twice(
    name: str, provider: ProviderServer
) -> None:
    provider.script(Reply(fault=Fault.RATE_LIMITED, retry_after_s=0.001), Reply(TOKENS))
    async with MiniAgents():
        tokens, error = await seen(agent_of(name, provider).inquire("Hello", max_retries=1))
    assert (tokens, error, len(provider.requests)) == (list(TOKENS), None, 2)
