"""Language models as agents; importing this loads no provider's SDK, each is imported at the first call that needs it.

::

    messages     who speaks: UserMessage, SystemMessage, AssistantMessage; what embeddings come in
    chat         one request to a model as an agent, whoever provides it
    allowance    how many bytes a provider may send
    sdk          what the SDKs have in common
    connections  the HTTP connections of an event loop
    openai       OpenAI and servers that speak its protocol
    anthropic    Anthropic
    local        a small model on this machine, without a key
    embeddings   texts as vectors
"""

from miniagents.ext.llms.anthropic import AnthropicAgent
from miniagents.ext.llms.chat import ReplyTooLongError
from miniagents.ext.llms.embeddings import openai_embedding_agent
from miniagents.ext.llms.local import LocalLLMAgent
from miniagents.ext.llms.messages import (
    AssistantMessage,
    EmbeddingMessage,
    LLMMessage,
    SystemMessage,
    Usage,
    UserMessage,
)
from miniagents.ext.llms.openai import OpenAIAgent

__all__ = [
    "AnthropicAgent",
    "AssistantMessage",
    "EmbeddingMessage",
    "LLMMessage",
    "LocalLLMAgent",
    "OpenAIAgent",
    "ReplyTooLongError",
    "SystemMessage",
    "Usage",
    "UserMessage",
    "openai_embedding_agent",
]
