"""What both wire formats have in common: the pieces of an answer, as bytes."""

import json
from collections.abc import Sequence
from typing import Any, Protocol


class Wire(Protocol):
    """One provider's format, for the answer to one request."""

    headers: dict[str, str]

    def opening(self) -> bytes:
        """Events before the first token."""
        ...

    def token(self, text: str) -> bytes:
        """The event of one token."""
        ...

    def ending(self, tokens: Sequence[str]) -> bytes:
        """Events after the last token."""
        ...

    def whole(self, tokens: Sequence[str]) -> bytes:
        """The answer to a request without `stream`."""
        ...

    def refusal(self, status: int) -> bytes:
        """The body of an answer with this status."""
        ...

    def error_event(self) -> bytes:
        """The event by which the provider gives up in the middle of a stream."""
        ...


def as_json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def text_of(content: Any) -> str:
    """The text of a message's content, which is a string or a list of blocks."""
    if isinstance(content, str):
        return content
    return "".join(block.get("text", "") for block in content)


def count_words(body: dict[str, Any]) -> int:
    """Our idea of the number of input tokens."""
    texts = [*(message["content"] for message in body.get("messages", ())), body.get("system", "")]
    return sum(len(text_of(text).split()) for text in texts)
