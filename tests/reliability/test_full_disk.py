"""A disk that is full: an error that names the file, nothing half-written, and nothing lost that was there before."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from miniagents.ext.history_file import read_text
from miniagents.ext.transcript import from_markdown

PROJECT = Path(__file__).parents[2]

LIMITED = """
import resource, signal, sys
from miniagents import Message, MiniAgents, miniagent
from miniagents.ext import MarkdownHistoryAgent, file_output_agent, markdown_llm_logger_agent

resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))  # a file can grow to 3,000 bytes and no further
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

AGENTS = {
    "history": MarkdownHistoryAgent.fork(history_md_file="out.md"),
    "file": file_output_agent.fork(file="out.md", append=True),
    "log": markdown_llm_logger_agent.fork(log_folder="."),
}

async def main():
    agent = AGENTS[sys.argv[1]]
    for number in range(10):
        try:
            await agent.inquire(Message(f"{number}" + "x" * int(sys.argv[2]), role="user"))
        except OSError as error:
            print(type(error).__name__, error, flush=True)
            return
        print("acknowledged", number, flush=True)

MiniAgents().run(main())
"""


def limited(what: str, folder: Path, size: int = 999) -> list[str]:
    """What the process said that sends messages of so many characters."""
    ended = subprocess.run(
        [sys.executable, "-c", LIMITED, what, str(size)],
        capture_output=True,
        text=True,
        cwd=folder,
        env={"PYTHONPATH": str(PROJECT)},
        check=False,
        timeout=20,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    return ended.stdout.splitlines()


def test_a_full_disk_costs_a_history_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    *acknowledged, error = limited("history", tmp_path)
    assert acknowledged == [f"acknowledged {number}" for number in range(2)]
    assert "out.md' cannot be written" in error and "history_md_file=" in error
    kept = from_markdown(read_text(tmp_path / "out.md"))
    assert kept == [("user", f"{number}" + "x" * 999) for number in range(2)]


@pytest.mark.parametrize(("what", "size", "before"), [("file", 999, 2), ("log", 4000, 0)])
def test_a_full_disk_is_an_error_for_whoever_reads_the_reply(what: str, size: int, before: int, tmp_path: Path) -> None:
    *acknowledged, error = limited(what, tmp_path, size)
    assert len(acknowledged) >= before
    assert error.startswith("OSError"), error
