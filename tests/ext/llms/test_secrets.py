"""A key reaches the provider, and nothing else."""

import logging
import traceback
from pathlib import Path
from typing import Any

import pytest

from miniagents import Message, MiniAgents
from miniagents.ext.llms import AnthropicAgent, OpenAIAgent
from tests.ext.llms.agents import KEY, PROVIDERS, agent_of
from tests.provider_server.script import Fault, Reply
from tests.provider_server.server import ProviderServer

pytestmark = pytest.mark.parametrize("name", PROVIDERS)


@pytest.mark.parametrize("fault", [None, Fault.UNAUTHORIZED, Fault.CUT, Fault.ERROR_IN_STREAM])
async def test_a_key_is_in_no_log_no_error_and_no_message(
    name: str,
    provider: ProviderServer,
    fault: Fault | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.chdir(tmp_path)
    caplog.set_level(logging.DEBUG)
    provider.script(Reply(("a ", "b"), fault))
    agent = agent_of(name, provider)
    written = [repr(agent)]
    async with MiniAgents(llm_logger_agent=True):
        try:
            [message] = await agent.inquire("Hello")
            written += [repr(message), message.full_json, str(message.serialize())]
        except Exception as error:  # noqa: BLE001  # whatever it is, it must not show the key
            written += traceback.format_exception(error)
    assert KEY in str(provider.requests[0].headers)
    written += [path.read_text() for path in (tmp_path / "llm_logs").iterdir()]
    written += [str(record.__dict__) + record.getMessage() for record in caplog.records]
    assert len(list((tmp_path / "llm_logs").iterdir())) == 1
    assert not [text for text in written if KEY in text]


async def test_parameters_that_may_hold_a_secret_are_not_logged(
    name: str, provider: ProviderServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    agent = agent_of(name, provider, extra_headers={"x-gateway": KEY}, gateway_token=KEY, top_k=3)
    async with MiniAgents(llm_logger_agent=True):
        await agent.inquire("Hello")
    [log] = (tmp_path / "llm_logs").iterdir()
    assert KEY not in log.read_text()
    assert '- parameters: {"top_k":3}' in log.read_text()


@pytest.mark.parametrize("key", [f"{KEY}\n", f" {KEY}", f"{KEY}ключ"])
async def test_a_key_that_no_header_can_hold_is_refused_without_showing_it(
    name: str, provider: ProviderServer, key: str
) -> None:
    async with MiniAgents():
        with pytest.raises(ValueError, match="copy it anew") as caught:
            await agent_of(name, provider).inquire("Hello", api_key=key)
    assert KEY not in "".join(traceback.format_exception(caught.value))


async def test_a_missing_key_is_named_with_its_variable(name: str) -> None:
    agent: Any = {"openai": OpenAIAgent, "anthropic": AnthropicAgent}[name]
    async with MiniAgents():
        with pytest.raises(ValueError, match=f"{name.upper()}_AGENT has no API key: .*{name.upper()}_API_KEY"):
            await agent.inquire("Hello", model="m", max_tokens=9)


async def test_a_key_is_in_no_record_of_a_call(name: str, provider: ProviderServer) -> None:
    records: list[str] = []

    async def persist(_: Any, message: Message) -> None:
        records.append(message.full_json)

    async with MiniAgents(on_persist_message=persist):
        await agent_of(name, provider).inquire("Hello")
    assert records
    assert not [record for record in records if KEY in record]


async def test_a_key_of_the_wrong_type_is_not_shown(name: str, provider: ProviderServer) -> None:
    async with MiniAgents():
        with pytest.raises(TypeError, match="api_key") as caught:
            await agent_of(name, provider).inquire("Hello", api_key=KEY.encode())
    assert KEY not in str(caught.value)
