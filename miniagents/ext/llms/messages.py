"""The messages of a conversation with a language model."""

from miniagents.core.frozen import Frozen
from miniagents.messages import Message


class LLMMessage(Message):
    """A message that says who is speaking."""

    role: str


class UserMessage(LLMMessage):
    """What the user says."""

    role: str = "user"


class SystemMessage(LLMMessage):
    """What the model is told about its part."""

    role: str = "system"


class Usage(Frozen):
    """What a reply has cost, in tokens; ``None`` where the provider did not tell."""

    input_tokens: int | None = None
    output_tokens: int | None = None


class AssistantMessage(LLMMessage):
    """What the model says."""

    role: str = "assistant"
    model: str | None = None
    """The model that replied, as the provider names it."""
    finish_reason: str | None = None
    """Why the reply ended: ``"stop"``, ``"length"``, ``"tool_calls"``, ``"content_filter"``, or another word of the
    provider's."""
    usage: Usage = Usage()
    response: Frozen = Frozen()
    """What the provider sent, as it is named there; of a stream, all but its text."""


class EmbeddingMessage(Message):
    """A text, in ``content``, and the vector that stands for it."""

    embedding: tuple[float, ...]
    model: str | None = None
