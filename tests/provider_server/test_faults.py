"""What each fault becomes in the hands of the real SDKs."""

import asyncio
import json
from typing import Any

import anthropic
import httpx2
import openai
import pytest

from tests.provider_server.plan import HUGE_TOKEN_CHARS
from tests.provider_server.reading import STREAMS, TOKENS, WHOLES, Read, openai_tokens, see
from tests.provider_server.script import Fault, Reply
from tests.provider_server.server import ProviderServer

IMPATIENT_S = 0.08
"""A client's timeout for faults that never end."""

REFUSALS: list[tuple[Fault, int, type[Exception], type[Exception]]] = [
    (Fault.BAD_REQUEST, 400, openai.BadRequestError, anthropic.BadRequestError),
    (Fault.UNAUTHORIZED, 401, openai.AuthenticationError, anthropic.AuthenticationError),
    (Fault.NOT_FOUND, 404, openai.NotFoundError, anthropic.NotFoundError),
    (Fault.RATE_LIMITED, 429, openai.RateLimitError, anthropic.RateLimitError),
    (Fault.SERVER_ERROR, 500, openai.InternalServerError, anthropic.InternalServerError),
    (Fault.OVERLOADED, 529, openai.InternalServerError, anthropic.OverloadedError),
]


@pytest.mark.parametrize("read", STREAMS + WHOLES)
@pytest.mark.parametrize(("fault", "status", "of_openai", "of_anthropic"), REFUSALS)
async def test_a_refusal_has_a_type_of_its_own(
    provider: ProviderServer,
    read: Read,
    fault: Fault,
    status: int,
    of_openai: type[Exception],
    of_anthropic: type[Exception],
) -> None:
    provider.script(Reply(fault=fault, retry_after_s=7))
    error = (await see(read(provider))).error
    assert isinstance(error, openai.APIStatusError | anthropic.APIStatusError)
    assert type(error) is (of_openai if "openai" in read.__name__ else of_anthropic)
    assert error.status_code == status
    assert error.response.headers.get("retry-after") == ("7" if status == 429 else None)


# The fault, the tokens of four that come before it shows, and the errors of openai, anthropic, and a request without
# `stream` (None: no error).
BROKEN: list[tuple[Fault, int, type[Exception] | None, type[Exception] | None, str | None]] = [
    (Fault.SLOW_HEADERS, 0, openai.APITimeoutError, anthropic.APITimeoutError, "APITimeoutError"),
    (Fault.SLOW_BODY, 4, None, None, None),
    (Fault.STALL, 2, openai.APITimeoutError, httpx2.ReadTimeout, "APITimeoutError"),
    (Fault.CUT, 2, openai.APIConnectionError, httpx2.RemoteProtocolError, "APIConnectionError"),
    (Fault.RESET, 2, openai.APIConnectionError, httpx2.ReadError, "APIConnectionError"),
    (Fault.SHORT, 2, None, None, "JSONDecodeError"),
    (Fault.MALFORMED_SSE, 4, None, None, "JSONDecodeError"),
    (Fault.MALFORMED_JSON, 2, json.JSONDecodeError, json.JSONDecodeError, "JSONDecodeError"),
    (Fault.WRONG_ENCODING, 2, UnicodeDecodeError, UnicodeDecodeError, "UnicodeDecodeError"),
    (Fault.ERROR_IN_STREAM, 2, openai.APIError, anthropic.APIStatusError, "JSONDecodeError"),
    (Fault.EMPTY, 0, None, None, "JSONDecodeError"),
    (Fault.SILENCE, 4, openai.APITimeoutError, httpx2.ReadTimeout, "APITimeoutError"),
]
HANGS = {Fault.SLOW_HEADERS, Fault.STALL, Fault.SILENCE}


@pytest.mark.parametrize("read", STREAMS)
@pytest.mark.parametrize(("fault", "before", "of_openai", "of_anthropic", "whole"), BROKEN)
async def test_a_broken_stream_gives_its_tokens_and_then_its_error(
    provider: ProviderServer,
    read: Read,
    fault: Fault,
    before: int,
    of_openai: type[Exception] | None,
    of_anthropic: type[Exception] | None,
    whole: str | None,
) -> None:
    provider.script(Reply(TOKENS, fault))
    seen = await see(read(provider, IMPATIENT_S if fault in HANGS else 10.0))
    expected = of_openai if read is openai_tokens else of_anthropic
    assert seen.tokens == list(TOKENS[:before])
    assert type(seen.error) is (expected or type(None))


@pytest.mark.parametrize("read", WHOLES)
@pytest.mark.parametrize(("fault", "before", "of_openai", "of_anthropic", "whole"), BROKEN)
async def test_a_broken_body_without_stream_is_an_error(
    provider: ProviderServer,
    read: Read,
    fault: Fault,
    before: int,
    of_openai: Any,
    of_anthropic: Any,
    whole: str | None,
) -> None:
    provider.script(Reply(TOKENS, fault))
    error = (await see(read(provider, IMPATIENT_S if fault in HANGS else 10.0))).error
    assert (type(error).__name__ if error else None) == whole


@pytest.mark.parametrize("read", STREAMS)
async def test_an_endless_stream_goes_on_until_the_reader_leaves(provider: ProviderServer, read: Read) -> None:
    provider.script(Reply(("one ",), Fault.ENDLESS))
    tokens = read(provider)
    for _ in range(100):
        await anext(tokens)
    await tokens.aclose()
    await provider.requests[0].end()
    assert provider.requests[0].closed_early


@pytest.mark.parametrize("read", STREAMS)
@pytest.mark.parametrize("fault", [Fault.ENDLESS_EVENT, Fault.ENDLESS_PINGS])
async def test_what_is_no_event_gives_nothing_and_goes_on(provider: ProviderServer, read: Read, fault: Fault) -> None:
    provider.script(Reply(TOKENS, fault))
    tokens = read(provider)
    assert [await anext(tokens), await anext(tokens)] == list(TOKENS[:2])
    waiting = asyncio.ensure_future(anext(tokens))
    done, _ = await asyncio.wait({waiting}, timeout=IMPATIENT_S)
    waiting.cancel()
    await asyncio.wait({waiting})
    assert not done


@pytest.mark.parametrize("read", STREAMS + WHOLES)
async def test_a_huge_token_arrives_whole(provider: ProviderServer, read: Read) -> None:
    provider.script(Reply(fault=Fault.HUGE_TOKEN))
    [token] = (await see(read(provider))).tokens
    assert len(token) == HUGE_TOKEN_CHARS
