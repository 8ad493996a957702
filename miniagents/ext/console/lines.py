"""Reading a line without prompt_toolkit, while the event loop goes on and Ctrl+C is heard."""

from __future__ import annotations

import asyncio
import concurrent.futures
import os
import signal
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, TextIO, TypeVar

from miniagents.ext.console.terminal import write

T = TypeVar("T")

_unclaimed: list[concurrent.futures.Future[str]] = []  # reads that were begun for somebody who did not wait for the end


async def read_line(prompt: str) -> str:
    """The next line from stdin, without its end; NUL, which Ctrl+Space sends, stands for a newline.

    :raises EOFError: when stdin is at its end or closed.
    :raises KeyboardInterrupt: at Ctrl+C.
    """
    try:
        with _hearing_sigint() as interruption:
            return (await _read(prompt, interruption)).replace("\0", "\n")
    except (EOFError, KeyboardInterrupt):
        write("\n")  # whatever is printed next does not belong behind the prompt
        raise


class _Interruption:
    """What Ctrl+C does while a line is waited for: it ends the wait, at once or as soon as it begins."""

    def __init__(self) -> None:
        self._struck = False
        self._future: asyncio.Future[Any] | None = None

    def strike(self) -> None:
        self._struck = True
        if self._future is not None and not self._future.done():
            self._future.set_exception(KeyboardInterrupt())

    async def wait_for(self, future: asyncio.Future[T]) -> T:
        self._future = future
        if self._struck:
            self.strike()
        return await future


@contextmanager
def _hearing_sigint() -> Generator[_Interruption]:
    """Let SIGINT strike the interruption for as long as the block runs, where signals can be heard."""
    loop = asyncio.get_running_loop()
    interruption = _Interruption()
    before = signal.getsignal(signal.SIGINT)
    try:
        loop.add_signal_handler(signal.SIGINT, interruption.strike)
    except (NotImplementedError, RuntimeError, ValueError):  # not on this platform, or not in this thread
        yield interruption
        return
    try:
        yield interruption
    finally:
        loop.remove_signal_handler(signal.SIGINT)
        if before is not None:  # None: it was not Python that set it
            signal.signal(signal.SIGINT, before)


async def _read(prompt: str, interruption: _Interruption) -> str:
    stdin: TextIO | None = sys.stdin  # None where there is no console at all, as under pythonw
    if stdin is None or stdin.closed:
        raise EOFError("stdin is closed")
    if sys.platform != "win32" and stdin.isatty():
        write(prompt)
        return await _from_terminal(stdin.fileno(), stdin.encoding, interruption)
    return await _from_thread(prompt, interruption)


async def _from_terminal(descriptor: int, encoding: str, interruption: _Interruption) -> str:
    """A terminal has something to read once there is a whole line, so nothing blocks and no thread is left behind."""
    data = b""
    while not data.endswith(b"\n"):
        await _readable(descriptor, interruption)
        more = os.read(descriptor, 1 << 16)
        if not more and not data:
            raise EOFError("end of input")
        data += more or b"\n"
    return data[:-1].decode(encoding, "replace")


async def _readable(descriptor: int, interruption: _Interruption) -> None:
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()
    loop.add_reader(descriptor, _set, ready)
    try:
        await interruption.wait_for(ready)
    finally:
        loop.remove_reader(descriptor)


def _set(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


async def _from_thread(prompt: str, interruption: _Interruption) -> str:
    """`input()` in a thread that dies with the process; a line for somebody who has left goes to who comes next."""
    if _unclaimed:
        write(prompt)
        line = _unclaimed.pop()
    else:
        line = _input(prompt)
    try:
        text = await interruption.wait_for(asyncio.wrap_future(line))
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
