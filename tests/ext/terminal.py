"""A program on a real pseudo-terminal, its screen as a person sees it, and keys to press."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pyte
from typing_extensions import override

ROOT = Path(__file__).parents[2]
SECONDS_TO_ANSWER = 20.0
COLUMNS, LINES = 80, 40

# A new session takes the first terminal that it opens for its own: from then on Ctrl+C there is a SIGINT to it.
TAKE_TERMINAL = "import os; os.close(os.open(os.ttyname(0), os.O_RDWR))"

CTRL_C, CTRL_D, CTRL_SPACE, ENTER = "\x03", "\x04", "\x00", "\r"


class _Screen(pyte.Screen):
    """A screen that tells the program where the cursor is, when asked."""

    def __init__(self, master: int) -> None:
        super().__init__(COLUMNS, LINES)
        self._master = master

    @override
    def write_process_input(self, data: str) -> None:
        os.write(self._master, data.encode())


class Terminal:
    """A child on the far side of a pseudo-terminal of 80 columns and 40 lines."""

    def __init__(self, process: "subprocess.Popen[bytes]", master: int) -> None:
        self.process = process
        self.raw = b""
        self._master = master
        self._screen = _Screen(master)
        self._stream = pyte.ByteStream(self._screen)

    @property
    def text(self) -> str:
        """What is on the screen, without blanks at the right and blank lines at the end."""
        return "\n".join(line.rstrip() for line in self._screen.display).rstrip()

    def colour_of(self, text: str) -> str:
        """The colour of the first character of the first line that begins with ``text``."""
        row = next(row for row, line in enumerate(self._screen.display) if line.startswith(text))
        return str(self._screen.buffer[row][0].fg)

    def press(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def wait_for(self, text: str) -> None:
        """Return once the screen ends with ``text``."""
        end = time.monotonic() + SECONDS_TO_ANSWER
        while not self.text.endswith(text):
            more = self._read(0.05) or self.process.poll() is None
            assert more and time.monotonic() < end, f"the screen does not end with {text!r}:\n{self.text}"

    def wait_for_end(self) -> int:
        """The exit code of the child, once all that it wrote is on the screen."""
        end = time.monotonic() + SECONDS_TO_ANSWER
        while self._read(0.05) or self.process.poll() is None:
            assert time.monotonic() < end, f"the program does not end:\n{self.text}"
        return self.process.wait()

    def _read(self, seconds: float) -> bool:
        if not select.select([self._master], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self._master, 1 << 16)
        except OSError:  # Linux says so when the other side is closed
            return False
        self.raw += data
        self._stream.feed(data)
        return bool(data)


@contextmanager
def on_terminal(code: str, *, cwd: Path, env: Mapping[str, str] | None = None) -> Iterator[Terminal]:
    """Run Python ``code`` on a terminal; it is killed at the end of the block if it still runs."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-c", f"{TAKE_TERMINAL}\n{code}"],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        cwd=cwd,
        env=child_environment(env),
        start_new_session=True,
    )
    os.close(slave)
    try:
        yield Terminal(process, master)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.wait()
        os.close(master)


def child_environment(env: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a child that finds this checkout and a terminal with colours."""
    kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLORTERM")}
    return {**kept, "PYTHONPATH": str(ROOT), "TERM": "xterm-256color", **(env or {})}
