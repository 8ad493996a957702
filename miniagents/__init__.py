"""Programs of many LLM agents, made of replayable streams.

From the top down, each layer importing only what stands below it::

    ext         pre-packaged agents: loops, consoles, files, histories, loggers, llms
    agents      functions from a stream of messages to a stream of messages, and the context that they live in
    operators   streams of messages in, streams of messages out
    messages    immutable messages, and the promises of them
    core        replayable streams on Rx, asyncio and pydantic; knows no message
"""

from miniagents.agents import AgentCall, InteractionContext, MiniAgent, MiniAgents, miniagent
from miniagents.core import Frozen, Promise, Promising, StreamedPromise
from miniagents.messages import Message, MessagePromise, MessageSequencePromise, MessageType

__version__ = "0.1.0"

__all__ = [
    "AgentCall",
    "Frozen",
    "InteractionContext",
    "Message",
    "MessagePromise",
    "MessageSequencePromise",
    "MessageType",
    "MiniAgent",
    "MiniAgents",
    "Promise",
    "Promising",
    "StreamedPromise",
    "__version__",
    "miniagent",
]
