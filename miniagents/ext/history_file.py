"""A file that whole messages are appended to, by one process at a time."""

from __future__ import annotations

import os
import sys
import weakref
from codecs import BOM_UTF8, getincrementaldecoder
from pathlib import Path

if sys.platform != "win32":
    import fcntl

_ADVICE = "give the history a file of its own: MarkdownHistoryAgent.fork(history_md_file=...)"


class HistoryFile:
    """An open file, locked against other processes until this object is gone.

    A message is appended by one write to the operating system before `append` returns: killing the process loses none.
    What a killed process left half-written stays at the end, on lines of its own.

    :param path: made if missing, with its folders.
    :raises OSError: when the file cannot be opened for writing, or another process holds it; it names the path and what
        to do.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = _opened(path)
        weakref.finalize(self, os.close, self._descriptor)
        _lock(self._descriptor, path)

    @property
    def is_in_place(self) -> bool:
        """Whether the path still leads to this file: an editor may have put another one there."""
        try:
            return os.path.samestat(os.stat(self._path), os.fstat(self._descriptor))
        except FileNotFoundError:
            return False

    def clear(self) -> None:
        """Begin anew, with an empty file."""
        os.ftruncate(self._descriptor, 0)

    def append(self, text: str) -> None:
        """Write ``text``, which ends in a newline, behind a blank line.

        :raises OSError: when not all of it could be written, on a full disk say; then none of it is.
        """
        content = read_bytes(self._path)
        whole = content[: len(content) - _torn_bytes(content, self._path)]
        if len(whole) < len(content):
            os.ftruncate(self._descriptor, len(whole))
        data = (_gap(whole) + text).encode()
        if os.write(self._descriptor, data) < len(data):
            os.ftruncate(self._descriptor, len(whole))
            raise OSError(f"{self._path}: the message could not be written in full; is the disk full?")


def read_text(path: Path) -> str:
    """What the file holds; nothing when there is none. A last character that was cut off in the middle is left out.

    :raises OSError: when the file cannot be read.
    :raises ValueError: when it is not UTF-8; it names the path and what to do.
    """
    return _decoded(read_bytes(path), path)[0]


def read_bytes(path: Path) -> bytes:
    """The bytes of the file; none when there is no file."""
    try:
        return path.read_bytes().removeprefix(BOM_UTF8)
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise _explained(error, path, "read") from error


def _opened(path: Path) -> int:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0), 0o666)
    except OSError as error:
        raise _explained(error, path, "written") from error


def _explained(error: OSError, path: Path, verb: str) -> OSError:
    return type(error)(f"the history file {str(path)!r} cannot be {verb} ({error.strerror}): {_ADVICE}, or free this one")


def _lock(descriptor: int, path: Path) -> None:
    if sys.platform == "win32":
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise BlockingIOError(
            f"the history file {str(path)!r} is in use by another process: end that one, or {_ADVICE}"
        ) from None
    except OSError:  # a file system without locks: nobody can be kept out
        return


def _decoded(data: bytes, path: Path) -> tuple[str, int]:
    decoder = getincrementaldecoder("utf-8")()
    try:
        text = decoder.decode(data)
    except UnicodeDecodeError as error:
        raise ValueError(
            f"the history file {str(path)!r} is not UTF-8 (byte {data[error.start]:#04x} at {error.start}): save it as "
            f"UTF-8, or {_ADVICE}"
        ) from None
    return text, len(decoder.getstate()[0])


def _torn_bytes(data: bytes, path: Path) -> int:
    return _decoded(data, path)[1]


def _gap(whole: bytes) -> str:
    """What keeps a new message apart from what is there."""
    if not whole:
        return ""
    return "\n" if whole.endswith(b"\n") else "\n\n"
