"""The text of a conversation in markdown: a heading for each message, from which its role and exact content are read.

::

    user
    ========================================
    Any text. What could be taken for a heading, or blank lines at an edge, have a backslash in front.

    assistant
    ========================================
    The reply.

A text by hand may be looser: the role in any case, three ``=`` or more, `` / anything`` behind the role, Windows line
ends; above the first heading of this kind also ``### User``, with one to six ``#``, or a role over ``---``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TypeGuard

HEADING_RULE = "=" * 40

KNOWN_ROLES = frozenset(("user", "assistant", "system", "developer", "tool", "function"))

_ROLE = re.compile(r"(?P<role>[A-Za-z][\w-]{0,63})(?:[ \t]*/[^\n]*)?[ \t]*\r?")
_RULE = re.compile(r"={3,}[ \t]*\r?")
_GUARDED = re.compile(r"\\+(?:={3,}[ \t]*\r?)?")
_LOOSE = re.compile(r"#{1,6}[ \t]+(?P<role>[A-Za-z]+)[ \t]*:?[ \t]*#*[ \t]*\r?")
_LOOSE_RULE = re.compile(r"-{3,}[ \t]*\r?")


def as_markdown(role: str, content: str) -> str:
    """One message as text, from its heading to the end of its last line.

    :raises ValueError: when ``role`` cannot stand in a heading; see :func:`is_role`.
    """
    if not is_role(role):
        raise ValueError(f"role {role!r} cannot stand in a heading: take a word of letters, digits, `_` and `-`")
    return "".join(f"{line}\n" for line in (role, HEADING_RULE, *_guarded(content)))


def is_role(role: object) -> TypeGuard[str]:
    """Whether ``role`` can be read back from a heading: a word of at most 64 letters, digits, ``_`` and ``-``."""
    return isinstance(role, str) and re.fullmatch(r"[A-Za-z][\w-]{0,63}", role) is not None


def from_markdown(text: str) -> list[tuple[str, str]]:
    """The role and content of each message in ``text``; what stands above the first heading is no message."""
    lines = text.split("\n")
    headings = list(_headings(lines))
    ends = [start for start, _, _ in headings[1:]] + [len(lines)]
    return [
        (role, _content(lines[first:end], lines[first - 1].endswith("\r")))
        for (_, first, role), end in zip(headings, ends, strict=False)
    ]


def _guarded(content: str) -> list[str]:
    """The lines of ``content`` such that none of them is lost or taken for something else."""
    if not content:
        return []
    lines = content.split("\n")
    guarded = [
        f"\\{line}" if _GUARDED.fullmatch(line) or _is_heading(before, line) else line
        for before, line in zip(["", *lines], lines, strict=False)
    ]
    for order in (range(len(lines)), reversed(range(len(lines)))):
        for position in order:
            if lines[position]:
                break
            guarded[position] = "\\"
    return guarded


def _content(lines: list[str], windows: bool) -> str:
    if windows:
        lines = [line.removesuffix("\r") for line in lines]
    while lines and not lines[-1]:
        lines.pop()
    while lines and not lines[0]:
        lines.pop(0)
    return "\n".join(line[1:] if _GUARDED.fullmatch(line) else line for line in lines)


def _headings(lines: list[str]) -> Iterator[tuple[int, int, str]]:
    """For each heading its first line, the line behind it, and its role."""
    strict = False
    for position, line in enumerate(lines):
        before = lines[position - 1] if position else ""
        if _is_heading(before, line):
            strict = True
            yield position - 1, position + 1, _role_of(before)
        elif not strict:
            yield from _loose_heading(position, before, line)


def _is_heading(before: str, line: str) -> bool:
    role = _ROLE.fullmatch(before)
    if role is None or not _RULE.fullmatch(line):
        return False
    return role["role"].lower() in KNOWN_ROLES or (line.rstrip() == HEADING_RULE and is_role(before.removesuffix("\r")))


def _loose_heading(position: int, before: str, line: str) -> Iterator[tuple[int, int, str]]:
    if (loose := _LOOSE.fullmatch(line)) and loose["role"].lower() in KNOWN_ROLES:
        yield position, position + 1, loose["role"].lower()
    elif _LOOSE_RULE.fullmatch(line) and before.strip().lower() in KNOWN_ROLES:
        yield position - 1, position + 1, before.strip().lower()


def _role_of(line: str) -> str:
    word = re.split(r"[ \t\r/]", line, maxsplit=1)[0]
    return word.lower() if word.lower() in KNOWN_ROLES else word
