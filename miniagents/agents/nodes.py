"""The record of calls: who was sent what, and what came back, linked by hash keys as commits are."""

from __future__ import annotations

from typing import Any

from miniagents.agents.secrets import is_secret
from miniagents.messages import Message


class AgentCallNode(Message):
    """One call of an agent: the messages it was sent, and its parameters as far as they can be recorded."""

    messages: tuple[Message, ...]
    agent_alias: str


class AgentReplyNode(Message):
    """The reply to one call."""

    agent_call: AgentCallNode
    agent_alias: str
    replies: tuple[Message, ...]


def recorded(params: dict[str, Any]) -> dict[str, Any]:
    """The parameters whose values are plain and no secrets; agents and open files have no place in a record."""
    plain = str | int | float | bool | None
    return {name: value for name, value in params.items() if isinstance(value, plain) and not is_secret(name)}
