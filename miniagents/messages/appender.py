"""A message that is fed by plain calls."""

from __future__ import annotations

from typing import Any

from typing_extensions import override

from miniagents.core.appender import StreamAppender


class MessageTokenAppender(StreamAppender[str]):
    """Feeds the tokens of a message promise: ``with MessageTokenAppender() as a: a.append("token")``.

    ``metadata_so_far`` are fields of the message; they may be added to until the block is left.
    """

    __slots__ = ("metadata_so_far",)

    def __init__(self, capture_errors: bool = False) -> None:
        super().__init__(capture_errors)
        self.metadata_so_far: dict[str, Any] = {}

    @override
    def _check(self, piece: str) -> None:
        super()._check(piece)
        if not isinstance(piece, str):
            raise TypeError(f"append({piece!r}): a token is a str")

    def join_metadata(self, preliminary: dict[str, Any]) -> dict[str, Any]:
        """Let the fields known beforehand stand below those that come with the stream, in one dict for both."""
        self.metadata_so_far = {**preliminary, **self.metadata_so_far}
        return self.metadata_so_far
