"""The import path of the original library; everything here lives elsewhere."""

from miniagents.agents import InteractionContext, MiniAgent, MiniAgents, miniagent
from miniagents.messages import Message

__all__ = ["InteractionContext", "Message", "MiniAgent", "MiniAgents", "miniagent"]
