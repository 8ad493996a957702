"""What a test tells the server to answer: tokens, pauses, gates and a fault."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

LONGEST_PAUSE_S = 0.1


class Fault(Enum):
    """One way to misbehave: a status that refuses the request (see REFUSALS), or 200 and something wrong after it."""

    BAD_REQUEST = auto()
    UNAUTHORIZED = auto()
    NOT_FOUND = auto()
    RATE_LIMITED = auto()
    """With `Retry-After`."""
    SERVER_ERROR = auto()
    OVERLOADED = auto()
    SLOW_HEADERS = auto()
    """The connection is accepted and the request read; the answer does not begin until the client leaves."""
    SLOW_BODY = auto()
    """All arrives, in pieces of a few bytes that respect no line and no character, a pause after each."""
    STALL = auto()
    """Half of the tokens, then nothing: the connection stays open."""
    CUT = auto()
    """Half of the tokens, then the server closes the connection (FIN) without ending the body."""
    SHORT = auto()
    """Half of the tokens, then the body ends as it should, without the final events."""
    RESET = auto()
    """As CUT, by a TCP reset (RST)."""
    MALFORMED_SSE = auto()
    """Half of the tokens, then lines that are no fields of an event (which SSE says to ignore); the rest follows."""
    MALFORMED_JSON = auto()
    """Half of the tokens, then an event whose data is broken JSON; the rest follows."""
    WRONG_ENCODING = auto()
    """One token is not UTF-8."""
    ERROR_IN_STREAM = auto()
    """Half of the tokens, then the provider's own error event."""
    ENDLESS = auto()
    """Tokens, or a body without `stream`, until the client leaves."""
    ENDLESS_EVENT = auto()
    """Half of the tokens, then one event until the client leaves."""
    ENDLESS_PINGS = auto()
    """Half of the tokens, then what keeps a connection alive and is no event, until the client leaves."""
    ENDLESS_REFUSAL = auto()
    """A status that refuses the request, and a body until the client leaves."""
    HUGE_TOKEN = auto()
    """One token of 4 MiB."""
    EMPTY = auto()
    """A body of no bytes, properly ended."""
    SILENCE = auto()
    """All tokens, then neither the final event nor the end of the body: the connection stays open."""


REFUSALS = {
    Fault.BAD_REQUEST: 400,
    Fault.UNAUTHORIZED: 401,
    Fault.NOT_FOUND: 404,
    Fault.RATE_LIMITED: 429,
    Fault.SERVER_ERROR: 500,
    Fault.OVERLOADED: 529,
    Fault.ENDLESS_REFUSAL: 400,
}
"""The faults that show in the status of the answer."""


class Gate:
    """A place in a reply where the server waits until the test opens it, from whatever thread or loop."""

    def __init__(self) -> None:
        self._opened: Future[None] = Future()

    def open(self) -> None:
        self._opened.set_result(None)

    async def passed(self) -> None:
        await asyncio.shield(asyncio.wrap_future(self._opened))


@dataclass(frozen=True)
class Reply:
    """One answer. A string in `tokens` is a token, a number a pause in seconds, a `Gate` a wait for the test."""

    tokens: tuple[str | float | Gate, ...] | None = None
    """None: an echo of the last message of the request, word by word."""
    fault: Fault | None = None
    retry_after_s: float = 1.0
    finish_reason: str | None = None
    """None: what the provider says of a reply that ended by itself."""

    def __post_init__(self) -> None:
        for pause in self.tokens or ():
            if isinstance(pause, float) and pause >= LONGEST_PAUSE_S:
                raise ValueError(f"a pause of {pause} s is too long for a test: use a Gate, or < {LONGEST_PAUSE_S} s")


@dataclass
class Request:
    """A request that has arrived, and what became of its answer."""

    path: str
    headers: dict[str, str]
    """Names in lower case."""
    body: dict[str, Any]
    answered: bool = field(default=False)
    """The whole answer has been sent."""
    closed_early: bool = field(default=False)
    """The client closed the connection before the whole answer was sent."""

    async def end(self, timeout_s: float = 5.0) -> None:
        """Wait, on the test's loop, until the exchange is over."""
        async with asyncio.timeout(timeout_s):
            while not (self.answered or self.closed_early):
                await asyncio.sleep(0.001)


Answer = Callable[[Request], Reply]
