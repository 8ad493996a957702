"""Virtual environments: one per peer, one for another Python, one for uvloop, one for pictures."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.worker import ROOT

FOLDER = Path(__file__).with_name(".venvs")
OTHER_PYTHON = "3.13"


def environment(name: str, *packages: str, python: str = sys.executable) -> str:
    """The interpreter of an environment with these packages; made once, and again when the packages change."""
    folder = FOLDER / name
    interpreter, wanted, mark = folder / "bin" / "python", "\n".join((python, *packages)), folder / "packages.txt"
    if not mark.exists() or mark.read_text() != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([python, "-m", "venv", folder], check=True)
        subprocess.run([interpreter, "-m", "pip", "install", "--quiet", *packages], check=True)
        mark.write_text(wanted)
    return str(interpreter)


def with_ours(name: str, *packages: str, python: str = sys.executable) -> str:
    """As `environment`, with the package of this checkout and what it needs."""
    return environment(name, "--editable", str(ROOT), *packages, python=python)


def other_python() -> str | None:
    """An interpreter of the other version that is looked at, if this machine has one."""
    found = [os.environ.get("BENCH_PYTHON", ""), f"python{OTHER_PYTHON}", _of_pyenv()]
    return next((python for python in found if python and _is_other(python)), None)


def _of_pyenv() -> str:
    if not shutil.which("pyenv"):
        return ""
    answer = subprocess.run(["pyenv", "prefix", OTHER_PYTHON], capture_output=True, text=True, check=False)
    return f"{answer.stdout.strip()}/bin/python"


def _is_other(python: str) -> bool:
    question = "import sys; print(*sys.version_info[:2], sep='.')"
    try:
        answer = subprocess.run([python, "-c", question], capture_output=True, text=True, check=False)
    except OSError:
        return False
    return answer.stdout.strip() == OTHER_PYTHON
