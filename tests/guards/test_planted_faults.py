"""Each guard turns red at a fault planted in a copy of the package, and at nothing else there."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.guards.tools import ROOT, Complaint, lint_imports, mypy, pyright, ruff

COPIED = ["miniagents", "stubs", "pyproject.toml"]

FAULTS = """

import fractions
import miniagents.agents


def planted(value):
    return value
"""
UNUSED_IMPORT, UPWARD_IMPORT, UNTYPED_FUNCTION = 3, 4, 7  # lines of FAULTS


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("copy")
    for name in COPIED:
        _copy(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def planted(copy: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("planted") / "copy"
    shutil.copytree(copy, folder)
    with _core_module(folder).open("a") as module:
        module.write(FAULTS)
    return folder


def test_the_contracts_hold_in_a_copy(copy: Path) -> None:
    assert " 0 broken" in lint_imports(copy)


def test_an_upward_import_breaks_the_contract(planted: Path) -> None:
    report = lint_imports(planted)
    assert "miniagents.core is not allowed to import miniagents.agents" in report
    assert f"(l.{_fault_line(planted, UPWARD_IMPORT)})" in report


def test_a_module_without_a_rung_breaks_the_ladder(copy: Path, tmp_path: Path) -> None:
    shutil.copytree(copy, tmp_path / "copy")
    (tmp_path / "copy/miniagents/core/newcomer.py").touch()
    assert "newcomer" in lint_imports(tmp_path / "copy")


def test_the_front_door_used_from_inside_breaks_a_contract(copy: Path, tmp_path: Path) -> None:
    shutil.copytree(copy, tmp_path / "copy")
    with _core_module(tmp_path / "copy").open("a") as module:
        module.write("\nimport miniagents\n")
    assert "What the package's front door shows does not come in by it BROKEN" in lint_imports(tmp_path / "copy")


@pytest.mark.parametrize("package", ["openai", "anthropic", "xllamacpp", "prompt_toolkit", "tenacity"])
def test_a_third_party_package_in_the_wrong_module_breaks_a_contract(copy: Path, tmp_path: Path, package: str) -> None:
    shutil.copytree(copy, tmp_path / "copy")
    with _core_module(tmp_path / "copy").open("a") as module:
        module.write(f"\ndef planted() -> None:\n    import {package}\n")
    assert f"is not allowed to import {package}" in lint_imports(tmp_path / "copy")


def test_ruff_turns_red_at_an_unused_import(planted: Path) -> None:
    _assert_red(planted, ruff, UNUSED_IMPORT, "F401")


@pytest.mark.timeout_s(120)
def test_mypy_turns_red_at_an_untyped_function(planted: Path) -> None:
    _assert_red(planted, mypy, UNTYPED_FUNCTION, "no-untyped-def")


@pytest.mark.timeout_s(120)
def test_pyright_turns_red_at_an_untyped_function(planted: Path) -> None:
    _assert_red(planted, pyright, UNTYPED_FUNCTION, "reportMissingParameterType")


def _assert_red(planted: Path, tool: Callable[[Path, str], list[Complaint]], fault: int, words: str) -> None:
    """The tool complains at the fault in these words, and of no line that was there before."""
    complaints = tool(planted, "miniagents")
    assert any(c.line == _fault_line(planted, fault) and words in c.text for c in complaints), complaints
    elsewhere = [c for c in complaints if c.file.name != _core_module(planted).name or c.line < _first_line(planted)]
    assert not elsewhere


def _fault_line(planted: Path, fault: int) -> int:
    return _first_line(planted) + fault - 1


def _first_line(planted: Path) -> int:
    """The number of the line that FAULTS begins at."""
    return _core_module(planted).read_text().removesuffix(FAULTS).count("\n") + 1


def _core_module(folder: Path) -> Path:
    """The first module of the core by name, whatever the modules are called."""
    return min(file for file in (folder / "miniagents/core").glob("*.py") if file.name != "__init__.py")


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, target)
