"""The project's own checkers, run as programs on a folder."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Complaint:
    """One error of a checker; `text` holds its code and its words."""

    file: Path
    line: int
    text: str


def lint_imports(folder: Path) -> str:
    """The report of import-linter; its last lines say how many contracts are kept and broken."""
    return _output(folder, "lint-imports", "--no-cache")


def ruff(folder: Path, target: str) -> list[Complaint]:
    found = json.loads(_output(folder, "ruff", "check", "--no-cache", "--output-format=json", target))
    return [Complaint(Path(e["filename"]), e["location"]["row"], f"{e['code']} {e['message']}") for e in found]


def mypy(folder: Path, target: str) -> list[Complaint]:
    """Errors only: mypy says notes, and where it read each error, in lines of their own."""
    lines = _output(folder, "mypy", "--output=json", target).splitlines()
    found = [json.loads(line) for line in lines if line.startswith("{")]
    return [
        Complaint(folder / e["file"], e["line"], f"{e['code']} {e['message']}")
        for e in found
        if e["severity"] == "error"
    ]


def pyright(folder: Path, target: str) -> list[Complaint]:
    found = json.loads(_output(folder, "pyright", "--outputjson", "--pythonpath", sys.executable, target))
    return list(_pyright_errors(found["generalDiagnostics"]))


def _pyright_errors(found: list[dict[str, object]]) -> Iterator[Complaint]:
    for error in found:
        match error:
            case {"severity": "error", "file": str(file), "message": message, "range": {"start": {"line": int(line)}}}:
                yield Complaint(Path(file), line + 1, f"{error.get('rule')} {message}")


def _output(folder: Path, tool: str, *arguments: str) -> str:
    """What the tool prints when it runs in `folder`, with the folder's own package in front of an installed one."""
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(Path.home()), "PYTHONPATH": str(folder), "NO_COLOR": "1"}
    done = subprocess.run(
        [BIN / tool, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.stdout, f"{tool} printed nothing; on stderr: {done.stderr}"
    return done.stdout
