"""Records a dialog on a real terminal as an SVG that plays: `python -m docs.record_dialog` writes `docs/dialog.svg`.

The program is `examples/local_dialog.py`, the pace is that of the run (only long pauses are cut), the typing is ours.
"""

import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from fcntl import ioctl
from html import escape
from itertools import groupby
from pathlib import Path
from struct import pack
from tempfile import TemporaryDirectory
from termios import TIOCSWINSZ
from typing import TypeAlias

import pyte

ROOT = Path(__file__).parent.parent
PROGRAM = ROOT / "examples" / "local_dialog.py"
PICTURE = ROOT / "docs" / "dialog.svg"
QUESTIONS = ("Hello, who are you?", "Tell me a fact about the sea.")
PROMPT = "USER:"

COLUMNS, LINES = 80, 22
SECONDS_PER_KEY = 0.05
LONGEST_PAUSE_S = 0.8
SECONDS_AT_THE_END = 4.0
SECONDS_TO_ANSWER = 60.0

CELL_WIDTH, CELL_HEIGHT, MARGIN, BAR = 8.4, 19, 16, 34
BACKGROUND, FOREGROUND = "#10191d", "#d5e0e4"
COLOURS = {"brightgreen": "#7ee787", "cyan": "#56d4dd", "default": FOREGROUND}


Run: TypeAlias = tuple[int, str, str, bool]
"""A column, the text that begins there, its colour, and whether it is bold."""

Line: TypeAlias = tuple[Run, ...]


@dataclass
class Recording:
    """The screens of a run, each with the second at which it came."""

    screen: pyte.Screen = field(default_factory=lambda: pyte.Screen(COLUMNS, LINES))
    frames: list[tuple[float, tuple[Line, ...]]] = field(default_factory=list[tuple[float, tuple[Line, ...]]])
    _last_s: float = field(default_factory=time.monotonic)

    @property
    def text(self) -> str:
        """What is on the screen."""
        return "\n".join(line.rstrip() for line in self.screen.display).rstrip()

    def take(self) -> None:
        """Add the screen as it is now, if it has changed."""
        lines = tuple(map(self._line, range(LINES)))
        if self.frames and lines == self.frames[-1][1]:
            return
        now = time.monotonic()
        pause = min(now - self._last_s, LONGEST_PAUSE_S)
        self._last_s = now
        self.frames.append(((self.frames[-1][0] if self.frames else 0.0) + pause, lines))

    def _line(self, row: int) -> Line:
        cells = self.screen.buffer[row]
        filled = [column for column in range(COLUMNS) if cells[column].data != " "]
        columns = range(max(filled) + 1 if filled else 0)
        runs = groupby(columns, key=lambda column: (cells[column].fg, cells[column].bold))
        return tuple(_run(list(columns), cells, fg, bold) for (fg, bold), columns in runs)


def _run(columns: list[int], cells: dict[int, pyte.screens.Char], colour: str, bold: bool) -> Run:
    return columns[0], "".join(cells[column].data for column in columns), colour, bold


def record(program: Path = PROGRAM, questions: tuple[str, ...] = QUESTIONS) -> Recording:
    """Run ``program`` on a terminal, type ``questions``, and end with Ctrl+C."""
    recording = Recording()
    master, slave = pty.openpty()
    ioctl(slave, TIOCSWINSZ, pack("HHHH", LINES, COLUMNS, 0, 0))
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm-256color", "PROMPT_TOOLKIT_NO_CPR": "1"}
    environment.pop("NO_COLOR", None)
    with TemporaryDirectory() as folder:
        process = subprocess.Popen(
            [sys.executable, program], stdin=slave, stdout=slave, stderr=slave, cwd=folder, env=environment
        )
        os.close(slave)
        try:
            _converse(recording, master, questions)
        finally:
            process.kill()
            process.wait()
            os.close(master)
    return recording


def _converse(recording: Recording, master: int, questions: tuple[str, ...]) -> None:
    stream = pyte.ByteStream(recording.screen)
    for question in questions:
        _watch(recording, stream, master, until=PROMPT)
        for typed in range(1, len(question) + 1):
            os.write(master, question[typed - 1].encode())
            _watch(recording, stream, master, until=f"{PROMPT} {question[:typed].rstrip()}")
            time.sleep(SECONDS_PER_KEY)
        os.write(master, b"\r")
    _watch(recording, stream, master, until=PROMPT)


def _watch(recording: Recording, stream: pyte.ByteStream, master: int, until: str) -> None:
    end = time.monotonic() + SECONDS_TO_ANSWER
    while not recording.text.endswith(until):
        if time.monotonic() > end:
            raise TimeoutError(f"the screen does not end with {until!r}:\n{recording.text}")
        if select.select([master], [], [], 0.05)[0]:
            stream.feed(os.read(master, 1 << 16))
            recording.take()


# --- the picture


def svg(recording: Recording) -> str:
    """A picture that plays the recording again and again; where nothing can move, it shows the last screen."""
    width, height = COLUMNS * CELL_WIDTH + 2 * MARGIN, LINES * CELL_HEIGHT + MARGIN + BAR
    seconds = recording.frames[-1][0] + SECONDS_AT_THE_END
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}"'
            ' font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, DejaVu Sans Mono, monospace" font-size="14">',
            f'<rect width="{width:g}" height="{height:g}" rx="8" fill="{BACKGROUND}">',
            f'<animate id="play" attributeName="x" values="0;0" begin="0s;play.end" dur="{seconds:.2f}s"/></rect>',
            *(f'<circle cx="{20 + 18 * n}" cy="17" r="5.5" fill="#3b4a50"/>' for n in range(3)),
            *(piece for row in range(LINES) for piece in _row(recording, row)),
            "</svg>\n",
        ]
    )


def _row(recording: Recording, row: int) -> Iterator[str]:
    """Each state of a row, with the time at which it is seen; the last state is what stays."""
    states = [(seconds, lines[row]) for seconds, lines in recording.frames]
    changes = [next(group) for _, group in groupby(states, key=lambda state: state[1])]
    ends = [seconds for seconds, _ in changes[1:]]
    for (begin, line), end in zip(changes, [*ends, None], strict=True):
        if line:
            yield _state(_texts(line, row), begin, end)


def _state(texts: str, begin: float, end: float | None) -> str:
    if end is None:
        hidden = f'<set attributeName="visibility" to="hidden" begin="play.begin" dur="{max(begin, 0.01):.2f}s"/>'
        return f'<g class="last">{hidden}{texts}</g>'
    seen = f'begin="play.begin+{begin:.2f}s" dur="{max(end - begin, 0.01):.2f}s"'
    return f'<g visibility="hidden"><set attributeName="visibility" to="visible" {seen}/>{texts}</g>'


def _texts(line: Line, row: int) -> str:
    return "".join(_text(*run, y=BAR + (row + 1) * CELL_HEIGHT - 5) for run in line if run[1].strip())


def _text(column: int, text: str, colour: str, bold: bool, y: float) -> str:
    begin = column + len(text) - len(text.lstrip())
    words = text.strip()
    weight = ' font-weight="bold"' if bold else ""
    fill = COLOURS.get(colour, FOREGROUND)
    return (
        f'<text x="{MARGIN + begin * CELL_WIDTH:.1f}" y="{y:g}" fill="{fill}"{weight} xml:space="preserve"'
        f' textLength="{len(words) * CELL_WIDTH:.1f}" lengthAdjust="spacingAndGlyphs">{escape(words)}</text>'
    )


if __name__ == "__main__":
    PICTURE.write_text(svg(record()))
