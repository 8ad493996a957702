"""What the terminal can do, and how text gets there: harmlessly."""

from __future__ import annotations

import os
import sys


def write(text: str) -> None:
    """Print ``text`` now; what the encoding of the output does not have is written as Python writes it."""
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))
    sys.stdout.flush()


def is_interactive() -> bool:
    """Whether a person sits there: stdin and stdout are terminals that can move the cursor."""
    return bool(sys.stdin) and _is_terminal_open() and sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def has_colours() -> bool:
    """Whether colours are welcome: on a terminal, unless NO_COLOR is set to something."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def coloured(style: str) -> tuple[str, str]:
    """What turns ``style``, the numbers of an SGR sequence, on and off; two empty texts where colours are unwelcome."""
    return (f"\x1b[{style}m", "\x1b[0m") if style and has_colours() else ("", "")


def _is_terminal_open() -> bool:
    return not sys.stdin.closed and sys.stdin.isatty()
