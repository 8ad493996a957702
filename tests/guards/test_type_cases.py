"""The cases in tests/types fail to type-check where they say so, and nowhere else.

A line that must fail says how, in a word of the error's code or message: `# E: arg-type` for mypy and
`# P: reportArgumentType` for pyright; several marks on one line each want an error of their own.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.guards.tools import ROOT, Complaint, mypy, pyright

CASES = "tests/types"
MARK = re.compile(r"#\s*([EP]):\s*([^#\n]+)")
CHECKERS = [pytest.param(mypy, "E", id="mypy"), pytest.param(pyright, "P", id="pyright")]


def test_there_are_cases_and_some_must_fail() -> None:
    assert any(True for _ in _marks("E"))
    assert any(True for _ in _marks("P"))


@pytest.mark.timeout_s(120)
@pytest.mark.parametrize(("checker", "letter"), CHECKERS)
def test_the_checker_complains_where_a_case_says_so_and_nowhere_else(
    checker: Callable[[Path, str], list[Complaint]], letter: str
) -> None:
    complaints = checker(ROOT, CASES)
    assert _unmarked(complaints, letter) == []
    assert _unanswered(complaints, letter) == []


def _unmarked(complaints: list[Complaint], letter: str) -> list[str]:
    marked = {(file, line) for file, line, _ in _marks(letter)}
    return [f"{c.file}:{c.line}: {c.text}" for c in complaints if (c.file, c.line) not in marked]


def _unanswered(complaints: list[Complaint], letter: str) -> list[str]:
    texts = defaultdict(list)
    for complaint in complaints:
        texts[complaint.file, complaint.line].append(complaint.text)
    return [
        f"{file}:{line}: no error with {words!r}"
        for file, line, words in _marks(letter)
        if not any(words in text for text in texts[file, line])
    ]


def _marks(letter: str) -> Iterator[tuple[Path, int, str]]:
    for file in sorted((ROOT / CASES).rglob("*.py")):
        for number, line in enumerate(file.read_text().splitlines(), start=1):
            yield from ((file, number, words.strip()) for kind, words in MARK.findall(line) if kind == letter)
