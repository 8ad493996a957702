"""Ctrl+C and SIGTERM, with real processes: everything stops within a second, with the right exit code and no noise."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import pytest

PROJECT = Path(__file__).parents[2]

PROGRAM = """
import asyncio, sys
from miniagents import InteractionContext, Message, MiniAgents, miniagent

@miniagent
async def inner(ctx: InteractionContext) -> None:
    try:
        ctx.reply("x")
        await asyncio.sleep(100)
    finally:
        print("inner stopped", flush=True)

@miniagent
async def outer(ctx: InteractionContext) -> None:
    ctx.reply(inner())
    try:
        await asyncio.sleep(100)
    finally:
        print("outer stopped", flush=True)

async def main() -> None:
    reply = outer()
    outer.kick_off()
    async for _ in reply:
        break
    print("ready", flush=True)
    {wait}
    print("main ended", flush=True)

MiniAgents().run(main())
"""

BUSY_WITH = {
    "awaiting a reply": "await reply",
    "awaiting something else": "await asyncio.sleep(100)",
    "closing": "pass",
    "making a call": "async with outer() as another: await another",
}


class Ended(NamedTuple):
    """How a process ended."""

    code: int
    output: str
    errors: str
    seconds: float


def run_and_send(program: str, *signals: int) -> Ended:
    """Run `program` until it says that it is ready, send it `signals`, and wait for its end."""
    environment = {**os.environ, "PYTHONPATH": str(PROJECT), "PYTHONWARNINGS": "error"}
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        assert first == "ready\n", first
        began = time.monotonic()
        for sent in signals:
            process.send_signal(sent)
        output, errors = process.communicate(timeout=20)
        return Ended(process.returncode, output, errors, time.monotonic() - began)


def everything_stopped(ended: Ended) -> bool:
    return ended.output.count("inner stopped") >= 2 and ended.output.count("outer stopped") >= 2


@pytest.mark.parametrize("wait", BUSY_WITH)
def test_ctrl_c_stops_everything_and_is_a_keyboard_interrupt(wait: str) -> None:
    ended = run_and_send(PROGRAM.format(wait=BUSY_WITH[wait]), signal.SIGINT)
    assert everything_stopped(ended)
    assert ended.code in (-signal.SIGINT, 128 + signal.SIGINT)
    assert ended.errors.rstrip().endswith("KeyboardInterrupt")
    assert ended.seconds < 2, "one second for us, one for a busy machine"


@pytest.mark.parametrize("wait", BUSY_WITH)
def test_sigterm_stops_everything_quietly_with_143(wait: str) -> None:
    ended = run_and_send(PROGRAM.format(wait=BUSY_WITH[wait]), signal.SIGTERM)
    assert everything_stopped(ended)
    assert ended.code == 128 + signal.SIGTERM
    assert ended.errors == ""
    assert ended.seconds < 2


def test_nothing_but_the_interrupt_is_printed_at_ctrl_c() -> None:
    ended = run_and_send(PROGRAM.format(wait="await reply"), signal.SIGINT)
    assert ended.errors.count("Traceback") <= 3, ended.errors
    for noise in ("never awaited", "never retrieved", "Task was destroyed", "unobserved", "PromiseCancelledError"):
        assert noise not in ended.errors


EXITS = {
    "an unobserved error of a kicked-off agent": ("raise ValueError('lost')", 1, "ValueError: lost"),
    "SystemExit in a kicked-off agent": ("raise SystemExit(7)", 7, ""),
    "KeyboardInterrupt in a kicked-off agent": ("raise KeyboardInterrupt", -signal.SIGINT, "KeyboardInterrupt"),
}

EXITING = """
from miniagents import InteractionContext, MiniAgents, miniagent

@miniagent
async def failing(ctx: InteractionContext) -> None:
    {end}

async def main() -> None:
    failing.kick_off()
    print("ready", flush=True)

MiniAgents().run(main())
"""


@pytest.mark.parametrize("case", EXITS)
def test_the_exit_code_tells_how_it_ended(case: str) -> None:
    end, code, text = EXITS[case]
    ended = run_and_send(EXITING.format(end=end))
    assert ended.code == code
    assert text in ended.errors
    assert bool(ended.errors) == bool(text)


STUBBORN = """
import asyncio
from miniagents import InteractionContext, MiniAgents, miniagent

@miniagent
async def stubborn(ctx: InteractionContext) -> None:
    while True:
        try:
            await asyncio.sleep(100)
        except asyncio.CancelledError:
            stops.append(1)
            if len(stops) > 1:
                return

stops: list[int] = []

async def main() -> None:
    stubborn.kick_off()
    await asyncio.sleep(0)
    print("ready", flush=True)
    await asyncio.sleep(100)

MiniAgents.grace_seconds = 0.2
MiniAgents().run(main())
"""


def test_an_agent_that_will_not_stop_is_named_and_does_not_hang_the_exit() -> None:
    ended = run_and_send(STUBBORN, signal.SIGTERM)
    assert "STUBBORN" in ended.errors
    assert ended.code == 128 + signal.SIGTERM
    assert ended.seconds < 3
