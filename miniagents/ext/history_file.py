"""A file that whole messages are appended to, by one process at a time."""

from __future__ import annotations

import errno
import os
import stat
import sys
import weakref
from codecs import BOM_UTF8, getincrementaldecoder
from pathlib import Path
from typing import Final

if sys.platform != "win32":
    import fcntl

MAX_BYTES: Final = 16 * 1024 * 1024
"""How large a history file may be unless a call says otherwise; reading so much of a dialog takes most of a second."""

_LONGEST_CHARACTER = 4
"""Bytes of the longest character in UTF-8."""

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

    def append(self, text: str, max_bytes: int = MAX_BYTES) -> None:
        """Write ``text``, which ends in a newline, behind a blank line.

        :param max_bytes: how large the file may become, such that it can be read again.
        :raises OSError: when not all of it could be written, on a full disk say, or fits; then none of it is.
        """
        end = os.fstat(self._descriptor).st_size
        tail = self._tail(end)
        kept = tail[: len(tail) - _torn_bytes(tail)]
        start = end - len(tail) + len(kept)
        data = (_gap(kept) + text).encode()
        _limit(self._path, start + len(data), max_bytes)
        try:
            self._write(start, data)
        except OSError as error:
            raise _explained(error, self._path, "written") from error

    def _write(self, start: int, data: bytes) -> None:
        os.ftruncate(self._descriptor, start)
        if os.write(self._descriptor, data) < len(data):
            os.ftruncate(self._descriptor, start)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _tail(self, end: int) -> bytes:
        os.lseek(self._descriptor, max(0, end - _LONGEST_CHARACTER), os.SEEK_SET)
        return os.read(self._descriptor, _LONGEST_CHARACTER)


def read_text(path: Path, max_bytes: int = MAX_BYTES) -> str:
    """What the file holds; nothing when there is none. A last character that was cut off in the middle is left out.

    What is appended while it is being read is left out, too.

    :param max_bytes: how large the file may be.
    :raises OSError: when the file cannot be read, or is larger; then nothing is read.
    :raises ValueError: when it is not UTF-8. Both errors name the path and what to do.
    """
    data = _read_bytes(path, max_bytes)
    try:
        return getincrementaldecoder("utf-8")().decode(data)
    except UnicodeDecodeError as error:
        raise ValueError(
            f"the history file {str(path)!r} is not UTF-8 (byte {data[error.start]:#04x} at {error.start}): save it as "
            f"UTF-8, or {_ADVICE}"
        ) from None


def _read_bytes(path: Path, max_bytes: int) -> bytes:
    try:
        with os.fdopen(_open(path, os.O_RDONLY), "rb") as file:
            size = os.fstat(file.fileno()).st_size
            data = file.read(size) if size <= max_bytes else b""
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise _explained(error, path, "read") from error
    _limit(path, size, max_bytes)
    return data.removeprefix(BOM_UTF8)


def _opened(path: Path) -> int:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return _open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND)
    except OSError as error:
        raise _explained(error, path, "written") from error


def _open(path: Path, flags: int) -> int:
    """Open what has a size: a pipe or a device may have no end, and opening a pipe may wait for one."""
    descriptor = os.open(path, flags | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0), 0o666)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is no regular file")
    return descriptor


def _limit(path: Path, size: int, max_bytes: int) -> None:
    if size > max_bytes:
        raise OSError(
            f"the history file {str(path)!r} comes to {size:_} bytes, and the limit is max_bytes={max_bytes:_}: "
            f"{_ADVICE}, or raise the limit: MarkdownHistoryAgent.fork(max_bytes=...)"
        )


def _explained(error: OSError, path: Path, verb: str) -> OSError:
    reason = f"the history file {str(path)!r} cannot be {verb} ({error.strerror})"
    return type(error)(f"{reason}: {_ADVICE}, or see to it that this one can")


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


def _torn_bytes(tail: bytes) -> int:
    """How many bytes at the end begin a character that was never written to its end."""
    decoder = getincrementaldecoder("utf-8")("replace")
    decoder.decode(tail)
    return len(decoder.getstate()[0])


def _gap(whole: bytes) -> str:
    """What keeps a new message apart from what is there."""
    if not whole:
        return ""
    return "\n" if whole.endswith(b"\n") else "\n\n"
