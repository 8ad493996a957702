"""Anthropic's format: messages, streaming and not, errors."""

from collections.abc import Sequence
from typing import Any

from tests.provider_server.wire import as_json, count_words

ERROR_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    404: "not_found_error",
    429: "rate_limit_error",
    529: "overloaded_error",
}


class AnthropicWire:
    """The answer to one messages request."""

    def __init__(self, body: dict[str, Any], finish_reason: str | None) -> None:
        self.headers = {"request-id": "req_anthropic"}
        self._body = body
        self._stop_reason = finish_reason or "end_turn"

    def opening(self) -> bytes:
        start = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
        return event({"type": "message_start", "message": self._message()}) + event(start) + event({"type": "ping"})

    def token(self, text: str) -> bytes:
        delta = {"type": "text_delta", "text": text}
        return event({"type": "content_block_delta", "index": 0, "delta": delta})

    def ending(self, tokens: Sequence[str]) -> bytes:
        delta = {"stop_reason": self._stop_reason, "stop_sequence": None}
        return (
            event({"type": "content_block_stop", "index": 0})
            + event({"type": "message_delta", "delta": delta, "usage": {"output_tokens": len(tokens)}})
            + event({"type": "message_stop"})
        )

    def whole(self, tokens: Sequence[str]) -> bytes:
        message = self._message()
        message["content"] = [{"type": "text", "text": "".join(tokens)}]
        message["stop_reason"] = self._stop_reason
        message["usage"]["output_tokens"] = len(tokens)
        return as_json(message)

    def refusal(self, status: int) -> bytes:
        return as_json(error(ERROR_TYPES.get(status, "api_error"), f"refused with {status}"))

    def error_event(self) -> bytes:
        return event(error("overloaded_error", "the server gave up"))

    def _message(self) -> dict[str, Any]:
        return {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": self._body.get("model", ""),
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": {"input_tokens": count_words(self._body), "output_tokens": 1},
        }


def event(data: dict[str, Any]) -> bytes:
    return f"event: {data['type']}\ndata: ".encode() + as_json(data) + b"\n\n"


def error(kind: str, message: str) -> dict[str, Any]:
    return {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_anthropic"}
