"""The examples that talk to language models, run as their users run them."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

import miniagents
from tests.ext.llms.agents import KEY
from tests.provider_server.script import Reply
from tests.provider_server.server import ProviderServer

ROOT = Path(miniagents.__file__).parent.parent
NOTHING: Mapping[str, str] = {}


def run(
    example: str, environment: Mapping[str, str] = NOTHING, stdin: str = "", folder: Path = ROOT
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", str(ROOT / "examples" / example)],
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "100", **environment},
        input=stdin,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def at(provider: ProviderServer) -> dict[str, str]:
    return {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": provider.openai_url}


def test_row_9_the_example_of_openai_prints_the_reply_and_an_empty_line(provider: ProviderServer) -> None:
    provider.script(Reply(("Hello! ", "I'm ", "fine.")))
    done = run("openai_agent.py", at(provider))
    assert (done.stdout, done.stderr) == ("Hello! I'm fine.\n\n", "")
    assert provider.requests[0].body["messages"][0] == {"role": "system", "content": "You are a helpful assistant."}


def test_a_provider_of_ones_own_is_a_short_module() -> None:
    done = run("own_provider.py")
    assert (done.stdout, done.stderr) == (",olleH woh era ?uoy \nmirror-1 stop 4\n", "")
    assert len((ROOT / "examples" / "own_provider.py").read_text().splitlines()) < 60


def test_the_demo_asks_the_provider_that_it_is_told(provider: ProviderServer) -> None:
    done = run("demo.py", {"PROVIDER": "openai", **at(provider)})
    assert (done.returncode, done.stderr, len(provider.requests)) == (0, "", 5)
    replies = done.stdout.partition("named")[2]
    names = ("POET", "SCIENTIST", "COOK", "TRAVELLER", "EDITOR")
    assert sorted(names, key=replies.index) == list(names)


@pytest.mark.timeout_s(90)
def test_the_demo_runs_on_this_machine_and_a_key_alone_spends_nothing(provider: ProviderServer) -> None:
    done = run("demo.py", at(provider))
    assert (done.returncode, done.stderr, provider.requests) == (0, "", [])
    assert "tokens, the same as before, in" in done.stdout
    assert "Who ran when" in done.stdout


def test_the_demo_says_which_key_is_missing() -> None:
    done = run("demo.py", {"PROVIDER": "anthropic"})
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "PROVIDER=anthropic needs a key in the environment variable ANTHROPIC_API_KEY\n"


def test_the_dialog_keeps_a_history_and_logs_each_request(provider: ProviderServer, tmp_path: Path) -> None:
    server = {"ANTHROPIC_API_KEY": KEY, "ANTHROPIC_BASE_URL": provider.anthropic_url}
    done = run("dialog.py", server, "hi\ngot it, thanks!\nexit\n", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "ANTHROPIC_AGENT: You said: hi\n" in done.stdout
    assert "ANTHROPIC_AGENT: You said: got it, thanks!\n" in done.stdout
    assert "You said: hi" in (tmp_path / "CHAT.md").read_text()
    assert len(list((tmp_path / "llm_logs").iterdir())) == 2
    assert [turn["role"] for turn in provider.requests[1].body["messages"]] == ["user", "assistant", "user"]
    assert provider.requests[1].body["system"].startswith("Your job is to improve")


@pytest.mark.timeout_s(90)
def test_the_dialog_with_the_local_model_needs_nothing(tmp_path: Path) -> None:
    done = run("local_dialog.py", {}, "What is the capital of France?\nexit\n", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "LOCAL_LLM_AGENT: " in done.stdout
    assert "Paris" in (tmp_path / "CHAT.md").read_text()
