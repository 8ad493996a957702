"""The commands that the pages name exist: targets, extras, files."""

import re
import shlex
import tomllib

import pytest

from tests.docs.fences import PAGES, ROOT, Fence, fences_of

SHELL = [pytest.param(f, id=f.name) for page in PAGES for f in fences_of(page) if f.language == "bash"]


@pytest.mark.parametrize("fence", SHELL)
def test_a_shell_fence_names_what_there_is(fence: Fence) -> None:
    for line in fence.code.splitlines():
        words = [word for word in shlex.split(line, comments=True) if not re.fullmatch(r"[A-Z_]+=.*", word)]
        if words:
            check(words)


def check(words: list[str]) -> None:
    match words:
        case ["make", target]:
            assert target in targets(), f"no such target: {target}"
        case ["pip", "install", "."]:
            pass
        case ["pip", "install", what] if extras := re.fullmatch(r"\.\[([a-z,]+)\]", what):
            assert set(extras.group(1).split(",")) <= set(known_extras())
        case ["pip", "install", "--no-deps", package]:
            assert package in (ROOT / "Makefile").read_text()
        case ["python", script]:
            assert (ROOT / script).is_file(), f"no such file: {script}"
        case ["python", "-m", module]:
            assert (ROOT / f"{module.replace('.', '/')}.py").is_file(), f"no such module: {module}"
        case ["export", _]:
            pass
        case _:
            pytest.fail(f"nothing checks the command {shlex.join(words)!r}")


def targets() -> list[str]:
    return re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)


def known_extras() -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return list(project["project"]["optional-dependencies"])
