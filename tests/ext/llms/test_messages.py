"""The messages of a conversation."""

import subprocess
import sys
from collections.abc import Callable

import pytest

from miniagents.ext.llms import AssistantMessage, LLMMessage, SystemMessage, UserMessage


@pytest.mark.parametrize(
    ("kind", "role"), [(UserMessage, "user"), (SystemMessage, "system"), (AssistantMessage, "assistant")]
)
def test_row_50_each_kind_has_its_role(kind: Callable[[str], LLMMessage], role: str) -> None:
    assert (kind("Hello").role, kind("Hello").content) == (role, "Hello")


def test_row_50_a_role_can_be_given() -> None:
    assert UserMessage("Hello", role="customer").role == "customer"


def test_the_package_loads_no_sdk() -> None:
    code = "import sys, miniagents.ext.llms; print({'openai', 'anthropic', 'xllamacpp', 'httpx2'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"
