"""A history file and more than one process: one at a time may write, and any may be killed."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

import pytest

from miniagents import MiniAgents
from miniagents.ext import MarkdownHistoryAgent
from miniagents.ext.history_file import read_text
from miniagents.ext.transcript import from_markdown
from tests.ext.terminal import child_environment

HOLD = """
import sys
from miniagents import MiniAgents
from miniagents.ext import MarkdownHistoryAgent
async def main():
    await MarkdownHistoryAgent.inquire("a", history_md_file=sys.argv[1])
    print("held", flush=True)
    sys.stdin.readline()
MiniAgents().run(main())
"""

WRITE = """
import asyncio, os, sys
from miniagents import Message, MiniAgents
from miniagents.ext import MarkdownHistoryAgent

def content(number):
    return f"{number} " + "é\\n\\nuser\\n===\\n" * (number % 7 * 150)

async def main(path, first):
    async def tokens(_):
        yield content(number)
        await asyncio.sleep(0)
    for number in range(first, first + 100_000):
        await MarkdownHistoryAgent.inquire(
            Message.promise(message_token_streamer=tokens), history_md_file=path, return_full_history=False
        )
        os.write(1, f"{number}\\n".encode())

# One process is the parent that has imported everything; each child of it writes until it is killed.
for line in sys.stdin:
    path, first = line.split()
    if (child := os.fork()) == 0:
        MiniAgents().run(main(path, int(first)))
    os.write(1, f"pid {child}\\n".encode())
    os.waitpid(child, 0)
    os.write(1, b"dead\\n")
"""

KILLS = 60


def content(number: int) -> str:
    return f"{number} " + "é\n\nuser\n===\n" * (number % 7 * 150)


def test_row_19_a_file_that_another_process_writes_to_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "CHAT.md"

    async def main() -> int:
        return len(await MarkdownHistoryAgent.inquire("b", history_md_file=path))

    command = [sys.executable, "-c", HOLD, str(path)]
    with subprocess.Popen(command, stdin=-1, stdout=-1, env=child_environment()) as other:
        assert other.stdin is not None and other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(BlockingIOError, match=r"CHAT\.md' is in use by another process: end that one, or give"):
            MiniAgents().run(main())
        other.stdin.close()
        other.wait()
    assert MiniAgents().run(main()) == 2


@pytest.mark.timeout_s(60)
def test_row_19_a_killed_process_loses_no_finished_message(tmp_path: Path) -> None:
    path = tmp_path / "CHAT.md"
    moments = random.Random(7)
    finished: set[int] = set()
    with subprocess.Popen(
        [sys.executable, "-c", WRITE], stdin=-1, stdout=-1, env=child_environment(), text=True
    ) as parent:
        assert parent.stdin is not None and parent.stdout is not None
        for kill in range(KILLS):
            parent.stdin.write(f"{path} {kill * 100_000}\n")
            parent.stdin.flush()
            finished |= _write_and_kill(parent.stdout, moments.uniform(0.0, 0.03))
        parent.stdin.close()
    kept = [text for _, text in from_markdown(read_text(path))]
    assert len(finished) >= KILLS
    assert finished <= {int(text.split()[0]) for text in kept if text == content(int(text.split()[0]))}
    assert len(kept) <= len(finished) + KILLS  # of each process at most the message that it was at may be half there


def _write_and_kill(output: IO[str], seconds: float) -> set[int]:
    """Kill the writing process so long after its first message; the messages that it says are finished."""
    finished: set[int] = set()
    pid = end = None
    while (line := output.readline().split()) != ["dead"]:
        if line[0] == "pid":
            pid = int(line[1])
        else:
            finished.add(int(line[0]))
            end = end or time.monotonic() + seconds
        if pid and end and time.monotonic() >= end:
            os.kill(pid, signal.SIGKILL)
            pid = None
    return finished
