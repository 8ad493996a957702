"""Data from outside is data: it names no code that would be imported or run, and has its limits."""

from __future__ import annotations

import builtins
import json
import sys
from typing import Any

import pytest

from miniagents import Frozen, Message
from miniagents.agents.nodes import AgentCallNode

NAMES_OF_CODE: dict[str, Any] = {
    "class_": "subprocess.Popen",
    "py/object": "os.system",
    "_type": "antigravity.Message",
    "module": "antigravity",
    "type": {"$ref": "file:///etc/passwd"},
}


@pytest.fixture
def imported(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is imported, or compiled, from now on."""
    names: list[str] = []
    real = builtins.__import__

    def watched(name: str, *args: Any, **kwargs: Any) -> Any:
        names.append(name)
        return real(name, *args, **kwargs)

    def refused(*_: Any, **__: Any) -> Any:
        names.append("evaluated")

    monkeypatch.setattr(builtins, "__import__", watched)
    monkeypatch.setattr(builtins, "eval", refused)
    monkeypatch.setattr(builtins, "exec", refused)
    return names


@pytest.mark.parametrize("kind", [Message, Frozen])
def test_a_message_made_of_data_imports_and_runs_nothing_named_there(kind: type[Frozen], imported: list[str]) -> None:
    message = kind.model_validate(json.loads(json.dumps(NAMES_OF_CODE)))
    kind.model_validate_json(message.full_json)
    assert type(message) is kind
    assert not {"subprocess", "os", "antigravity", "evaluated"} & set(imported)
    assert "antigravity" not in sys.modules


def test_a_field_cannot_stand_for_a_class() -> None:
    data = {"content": "x", "class_": "AgentCallNode", "messages": [{"content": "y"}], "agent_alias": "A"}
    assert not isinstance(Message.model_validate(data), AgentCallNode)


@pytest.mark.parametrize("name", ["__class__", "__dict__", "_mark", "model_config", "__init__"])
def test_a_field_cannot_replace_what_a_message_is(name: str) -> None:
    try:
        message = Message.model_validate({"content": "x", name: "replaced"})
    except (TypeError, ValueError, AttributeError):
        return
    assert type(message) is Message
    assert str(message) == "x"
    assert message.hash_key == Message.model_validate({"content": "x", name: "replaced"}).hash_key


def nested(depth: int) -> Any:
    value: Any = "bottom"
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize("depth", [201, 10_000, 100_000])
def test_what_is_nested_too_deep_is_refused_and_the_field_named(depth: int) -> None:
    with pytest.raises(ValueError, match="data"):
        Message(data=nested(depth))


def test_what_is_deep_but_not_too_deep_is_taken() -> None:
    assert Message(data=nested(150)).hash_key


@pytest.mark.parametrize("value", [10**700, float("nan"), float("inf"), "\ud800"])
def test_what_has_no_portable_form_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="data"):
        Message(data=value)
