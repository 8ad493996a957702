"""OpenAI's format: chat completions, streaming and not, embeddings, errors."""

import base64
import hashlib
import struct
from collections.abc import Sequence
from typing import Any

from tests.provider_server.wire import as_json, count_words

ERROR_TYPES = {
    400: "invalid_request_error",
    401: "invalid_request_error",
    404: "invalid_request_error",
    429: "rate_limit_exceeded",
}
DIMENSIONS = 8


class OpenAIWire:
    """The answer to one chat completion request."""

    def __init__(self, body: dict[str, Any], finish_reason: str | None) -> None:
        self.headers = {"x-request-id": "req_openai"}
        self._body = body
        self._finish_reason = finish_reason or "stop"
        self._wants_usage = bool((body.get("stream_options") or {}).get("include_usage"))

    def opening(self) -> bytes:
        return self._choice({"role": "assistant", "content": ""})

    def token(self, text: str) -> bytes:
        return self._choice({"content": text})

    def ending(self, tokens: Sequence[str]) -> bytes:
        usage = self._chunk([], usage=self._usage(tokens)) if self._wants_usage else b""
        return self._choice({}, self._finish_reason) + usage + b"data: [DONE]\n\n"

    def whole(self, tokens: Sequence[str]) -> bytes:
        message = {"role": "assistant", "content": "".join(tokens), "refusal": None}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": self._finish_reason}
        return as_json(self._head("chat.completion") | {"choices": [choice], "usage": self._usage(tokens)})

    def refusal(self, status: int) -> bytes:
        kind = ERROR_TYPES.get(status, "server_error")
        return as_json({"error": {"message": f"refused with {status}", "type": kind, "param": None, "code": kind}})

    def error_event(self) -> bytes:
        error = {"message": "the server gave up", "type": "server_error", "param": None, "code": None}
        return b"data: " + as_json({"error": error}) + b"\n\n"

    def _choice(self, delta: dict[str, Any], finish_reason: str | None = None) -> bytes:
        return self._chunk([{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}])

    def _chunk(self, choices: list[dict[str, Any]], usage: dict[str, int] | None = None) -> bytes:
        chunk = self._head("chat.completion.chunk") | {"choices": choices}
        if self._wants_usage:
            chunk["usage"] = usage
        return b"data: " + as_json(chunk) + b"\n\n"

    def _head(self, kind: str) -> dict[str, Any]:
        return {"id": "chatcmpl-1", "object": kind, "created": 1, "model": self._body.get("model", "")}

    def _usage(self, tokens: Sequence[str]) -> dict[str, int]:
        prompt, completion = count_words(self._body), len(tokens)
        return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def embeddings(body: dict[str, Any]) -> bytes:
    """A vector for each input that depends on nothing but its text; base64 when asked for, as the SDK asks."""
    texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
    vectors = [vector_of(text, body.get("dimensions", DIMENSIONS)) for text in texts]
    if body.get("encoding_format") == "base64":
        data: list[Any] = [base64.b64encode(struct.pack(f"<{len(v)}f", *v)).decode() for v in vectors]
    else:
        data = vectors
    words = sum(len(text.split()) for text in texts)
    return as_json(
        {
            "object": "list",
            "data": [{"object": "embedding", "index": i, "embedding": v} for i, v in enumerate(data)],
            "model": body["model"],
            "usage": {"prompt_tokens": words, "total_tokens": words},
        }
    )


def vector_of(text: str, dimensions: int) -> list[float]:
    """Multiples of 1/256 in [0, 1), which survive the way through 32-bit floats unchanged."""
    digest = hashlib.shake_256(text.encode()).digest(dimensions)
    return [byte / 256 for byte in digest]
