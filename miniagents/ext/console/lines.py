"""Reading a line without prompt_toolkit, while the event loop goes on and Ctrl+C is heard."""

from __future__ import annotations

import asyncio
import concurrent.futures
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from miniagents.ext.console.terminal import write

T = TypeVar("T")

_unclaimed: list[concurrent.futures.Future[str]] = []  # reads that were begun for somebody who did not wait for the end


async def read_line(prompt: str) -> str:
    """The next line from stdin, without its end; NUL, which Ctrl+Space sends, stands for a newline.

    :raises EOFError: when stdin is at its end or closed.
    :raises KeyboardInterrupt: at Ctrl+C.
    """
    try:
        return (await _read(prompt)).replace("\0", "\n")
    except (EOFError, KeyboardInterrupt):
        write("\n")  # whatever is printed next does not belong behind the prompt
        raise


async def _read(prompt: str) -> str:
    if sys.stdin is None or sys.stdin.closed:  # pyright: ignore[reportUnnecessaryComparison]  # it is, under pythonw
        raise EOFError("stdin is closed")
    if sys.platform != "win32" and sys.stdin.isatty():
        write(prompt)
        return await _from_terminal(sys.stdin.fileno(), sys.stdin.encoding)
    return await _from_thread(prompt)


async def _from_terminal(descriptor: int, encoding: str) -> str:
    """A terminal has something to read once there is a whole line, so nothing blocks and no thread is left behind."""
    data = b""
    while not data.endswith(b"\n"):
        await _readable(descriptor)
        more = os.read(descriptor, 1 << 16)
        if not more and not data:
            raise EOFError("end of input")
        data += more or b"\n"
    return data[:-1].decode(encoding, "replace")


async def _readable(descriptor: int) -> None:
    loop = asyncio.get_running_loop()
    ready = loop.create_future()
    loop.add_reader(descriptor, _set, ready)
    try:
        await _interruptible(ready)
    finally:
        loop.remove_reader(descriptor)


def _set(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


async def _from_thread(prompt: str) -> str:
    """`input()` in a thread that dies with the process; a line for somebody who has left goes to who comes next."""
    if _unclaimed:
        write(prompt)
        line = _unclaimed.pop()
    else:
        line = _input(prompt)
    try:
        text = await _interruptible(asyncio.wrap_future(line))
    except BaseException:
        if not line.done():
            _unclaimed.append(line)
        raise
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _input(prompt: str) -> concurrent.futures.Future[str]:
    line: concurrent.futures.Future[str] = concurrent.futures.Future()
    line.set_running_or_notify_cancel()

    def ask() -> None:
        held = sys.stdin  # while a read blocks, the end of the process must not find stdin unreferenced: it would abort
        try:
            line.set_result(input(prompt))
        except BaseException as error:  # noqa: BLE001 - it belongs to whoever waits for the line
            line.set_exception(error)
        finally:
            del held

    threading.Thread(target=ask, name="console input", daemon=True).start()
    return line


async def _interruptible(future: asyncio.Future[T]) -> T:
    with _interrupted_by_sigint(future):
        return await future


@contextmanager
def _interrupted_by_sigint(future: asyncio.Future[T]) -> Iterator[None]:
    """Let SIGINT end the wait for ``future`` by a KeyboardInterrupt, where signals can be heard."""
    loop = asyncio.get_running_loop()

    def interrupt() -> None:
        if not future.done():
            future.set_exception(KeyboardInterrupt())

    before = signal.getsignal(signal.SIGINT)
    try:
        loop.add_signal_handler(signal.SIGINT, interrupt)
    except (NotImplementedError, RuntimeError, ValueError):  # not on this platform, or not in this thread
        yield
        return
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGINT)
        signal.signal(signal.SIGINT, before)
