"""The suite's own watch over loops and clocks notices what it is there for."""

import asyncio
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.deadline import deadline
from tests.loop import run


async def _forever() -> None:
    await asyncio.get_running_loop().create_future()


async def _fail() -> None:
    raise ValueError("nobody looks")


def test_a_coroutine_gives_its_value() -> None:
    assert run(asyncio.sleep(0, "value")) == "value"


async def test_an_async_test_runs_on_a_loop() -> None:
    await asyncio.sleep(0)


@given(st.integers())
async def test_an_async_property_runs_on_a_loop(number: int) -> None:
    assert await asyncio.sleep(0, number) == number


def test_a_task_left_behind_is_named_with_what_it_waits_for() -> None:
    left: list[asyncio.Task[None]] = []

    async def leak() -> None:
        left.append(asyncio.create_task(_forever(), name="leaky"))

    with pytest.raises(AssertionError, match=r"name='leaky'.*wait_for=<Future.*\n.*_forever"):
        run(leak())


def test_an_exception_that_nobody_retrieves_is_reported() -> None:
    async def drop() -> None:
        task = asyncio.create_task(_fail())
        await asyncio.sleep(0)
        assert task.done()

    with pytest.raises(AssertionError, match="ValueError: nobody looks"):
        run(drop())


def test_an_exception_in_a_callback_is_reported() -> None:
    async def call() -> None:
        asyncio.get_running_loop().call_soon(lambda: 1 / 0)
        await asyncio.sleep(0)

    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        run(call())


def test_an_error_of_the_test_itself_comes_out_unchanged() -> None:
    with pytest.raises(ValueError, match="nobody looks"):
        run(_fail())


def test_a_wait_without_end_is_ended_and_shown() -> None:
    with pytest.raises(pytest.fail.Exception, match=r"wait_for=<Future.*\n(.*\n)+?.*_forever"), deadline(0.05):
        run(_forever())


def test_a_busy_loop_is_ended_and_shown() -> None:
    with pytest.raises(pytest.fail.Exception, match="_spin"), deadline(0.05):
        _spin()


def test_a_task_that_swallows_everything_is_ended_all_the_same(tmp_path: Path) -> None:
    report = _report_of(tmp_path, STUBBORN)
    assert "not done within 0.05 s" in report
    assert re.search(r"\b1 failed\b", report)


def test_an_unclosed_socket_fails_the_test_that_left_it(tmp_path: Path) -> None:
    report = _report_of(tmp_path, UNCLOSED)
    assert "unclosed <socket" in report
    assert re.search(r"\b1 failed, 1 passed\b", report)


def test_a_coroutine_nobody_awaits_fails_the_test_that_made_it(tmp_path: Path) -> None:
    report = _report_of(tmp_path, UNAWAITED)
    assert "was never awaited" in report
    assert re.search(r"\b1 failed, 1 passed\b", report)


STUBBORN = """
import asyncio, pytest, tests.deadline
tests.deadline.SECONDS_BETWEEN_BLOWS = 0.05

@pytest.mark.timeout_s(0.05)
async def test_stubborn():
    for _ in range(20):
        try:
            await asyncio.sleep(0.02)
        except BaseException:
            continue
"""

UNCLOSED = """
import socket

def test_leaks():
    socket.socket()

def test_next():
    pass
"""

UNAWAITED = """
import asyncio

async def test_forgets():
    asyncio.sleep(0)

async def test_next():
    pass
"""


def _report_of(folder: Path, source: str) -> str:
    """What pytest says about one file of tests under our own configuration."""
    file = folder / "test_inner.py"
    file.write_text(source)
    root = Path(__file__).parents[2]
    command = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-c", str(root / "pyproject.toml"), str(file)]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False).stdout


def _spin() -> None:
    while True:
        pass
