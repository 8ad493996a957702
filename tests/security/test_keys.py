"""A key reaches the provider and nothing that is written, said or kept, whatever happens."""

from __future__ import annotations

import hashlib
import logging
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from miniagents import Message, MiniAgents
from miniagents.agents.secrets import is_secret
from miniagents.ext import MarkdownHistoryAgent, console_output_agent
from tests.ext.llms.agents import KEY, PROVIDERS, agent_of
from tests.ext.llms.conftest import no_keys
from tests.provider_server.fixture import provider, provider_server
from tests.provider_server.script import Fault, Reply
from tests.provider_server.server import ProviderServer

__all__ = ["no_keys", "provider", "provider_server"]

WITHOUT_END = (
    Fault.SLOW_HEADERS,
    Fault.STALL,
    Fault.SILENCE,
    Fault.ENDLESS,
    Fault.ENDLESS_EVENT,
    Fault.ENDLESS_PINGS,
    Fault.HUGE_TOKEN,
)
"""These do not end by themselves, or take long."""


def explained(error: BaseException) -> Iterator[str]:
    """An error as it may be printed, with those behind it."""
    yield "".join(traceback.format_exception(error))
    yield repr(error) + repr(vars(error))


def written_in(folder: Path) -> Iterator[str]:
    """The names and contents of all files."""
    for path in folder.rglob("*"):
        if path.is_file():
            yield path.name
            yield path.read_text(errors="replace")


@pytest.mark.parametrize("name", PROVIDERS)
@pytest.mark.parametrize("fault", [None, *(fault for fault in Fault if fault not in WITHOUT_END)], ids=str)
async def test_nothing_that_is_written_while_a_key_is_used_has_the_key_in_it(
    name: str,
    fault: Fault | None,
    provider: ProviderServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    caplog.set_level(logging.DEBUG)
    said: list[str] = []

    async def persist(promise: Any, message: Message) -> None:
        said.extend([repr(promise), repr(message), message.full_json, message.hash_key])

    async def trace(promise: Any, result: Any) -> None:
        said.extend([repr(promise), repr(result)])

    provider.script(Reply(("a ", "b"), fault))
    agent = agent_of(name, provider)
    said += [repr(agent), repr(agent.alias), str(agent.interaction_metadata)]
    context = MiniAgents(
        llm_logger_agent=True,
        on_persist_message=persist,
        on_promise_resolved=trace,
        on_unobserved_error=lambda error, agent_trace: said.extend([agent_trace, *explained(error)]),
    )
    async with context:
        reply = (agent | console_output_agent | MarkdownHistoryAgent)("Hello")
        said += [repr(reply)]
        try:
            said += [repr(await reply)]
        except Exception as error:  # noqa: BLE001  # whatever it is, it must not show the key
            said += explained(error)
    said += written_in(tmp_path)
    said += [record.getMessage() + str(vars(record)) for record in caplog.records]
    said += capsys.readouterr()
    assert KEY in str(provider.requests[0].headers)
    assert not [text for text in said if KEY in text]


@pytest.mark.parametrize("name", PROVIDERS)
async def test_a_record_of_a_call_has_the_same_hash_whatever_the_key(name: str, provider: ProviderServer) -> None:
    hashes: list[set[str]] = []
    for key in ("one", "other"):
        found: set[str] = set()

        async def persist(_: Any, message: Message, found: set[str] = found) -> None:
            if type(message).__name__ == "AgentCallNode":
                found.add(message.hash_key)

        async with MiniAgents(on_persist_message=persist):
            await agent_of(name, provider).inquire("Hello", api_key=key)
        hashes.append(found)
        assert hashlib.sha256(key.encode()).hexdigest() not in found
    assert hashes[0] == hashes[1]


@pytest.mark.parametrize(
    "name", ["api_key", "key", "API_KEY", "auth_token", "client_secret", "password", "extra_headers", "credentials"]
)
def test_a_parameter_of_such_a_name_is_a_secret(name: str) -> None:
    assert is_secret(name)


@pytest.mark.parametrize("name", ["max_tokens", "keyboard", "temperature", "model", "tokens", "monkey"])
def test_a_parameter_of_another_name_is_not(name: str) -> None:
    assert not is_secret(name)
