"""The fences of a page: what each one says, how it is to be run, and what it is to print.

A comment `<!-- fence: word ... -->` on the line before a fence says how it is run; see WORDS.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]

WORDS = {
    "continues": "it goes on from the fence before it, in the same program",
    "terminal": "it runs on a terminal; its output is the screen, on which somebody types what follows `USER: `",
    "provider": "language models reply with what is printed",
    "mypy": "the output is that of mypy, which reads the fence instead of Python",
    "file": "as in `file=examples/x.py`: the fence is that file",
    "elsewhere": "it is run by the test of its file",
}
_DIRECTIVE = re.compile(r"<!-- fence: (.*) -->")
_INLINE_OUTPUT = re.compile(r"#\s*Output: (.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Fence:
    """One fence of a page."""

    page: Path
    line: int
    language: str
    code: str
    words: tuple[str, ...]
    output: str
    """What it prints: the `text` fence that follows it, else its comments `# Output: ...`, else nothing."""
    before: tuple[str, ...]
    """The fences that it continues."""

    @property
    def name(self) -> str:
        return f"{self.page.name}:{self.line}"

    @property
    def file(self) -> str | None:
        return next((word.partition("=")[2] for word in self.words if word.startswith("file=")), None)


@dataclass
class _Raw:
    line: int
    language: str
    code: str
    words: tuple[str, ...]


def fences_of(page: Path) -> list[Fence]:
    """All fences of `page` but those that are the output of another one.

    Raises ValueError at a fence that nothing could check: of no known language, or an output of nothing.
    """
    found: list[Fence] = []
    for raw in _raw_fences(page):
        if raw.language == "text":
            _give_output(found, page, raw)
        elif raw.language in ("python", "bash"):
            before = (*found[-1].before, found[-1].code) if "continues" in raw.words else ()
            inline = "".join(f"{said}\n" for said in _INLINE_OUTPUT.findall(raw.code))
            found.append(Fence(page, raw.line, raw.language, raw.code, raw.words, inline, before))
        else:
            raise ValueError(f"{page.name}:{raw.line}: a fence of {raw.language!r} is not checked: python, bash, text")
    return found


def _give_output(found: list[Fence], page: Path, raw: _Raw) -> None:
    if not found or found[-1].language != "python" or found[-1].output:
        raise ValueError(f"{page.name}:{raw.line}: the output of what? There is no python fence before it")
    last = found.pop()
    found.append(Fence(last.page, last.line, last.language, last.code, last.words, raw.code, last.before))


def _raw_fences(page: Path) -> Iterator[_Raw]:
    lines = page.read_text().splitlines()
    start: int | None = None
    for number, line in enumerate(lines):
        if line.lstrip() != line and line.lstrip().startswith("```"):
            raise ValueError(f"{page.name}:{number + 1}: an indented fence is not checked")
        if not line.startswith("```"):
            continue
        if start is None:
            start = number
            continue
        words = _words(page, start, lines[start - 1])
        yield _Raw(start + 1, lines[start][3:], "".join(f"{text}\n" for text in lines[start + 1 : number]), words)
        start = None


def _words(page: Path, line: int, before: str) -> tuple[str, ...]:
    found = _DIRECTIVE.fullmatch(before)
    words = tuple(found.group(1).split()) if found else ()
    for word in words:
        if word.partition("=")[0] not in WORDS:
            raise ValueError(f"{page.name}:{line}: {word!r} says nothing about a fence; known: {', '.join(WORDS)}")
    return words
