"""The steps of one answer, and what each fault makes of them."""

import re
from collections.abc import Callable, Iterable, Iterator
from enum import Enum, auto
from itertools import chain

from tests.provider_server.script import Fault, Gate, Reply
from tests.provider_server.wire import Wire

HUGE_TOKEN_CHARS = 4 * 1024 * 1024
FILLING = b"x" * 64 * 1024
SLOW_PIECE_BYTES = 40
SLOW_PAUSE_S = 0.001
NOT_UTF_8 = b"\xff\xfe"


class Break(Enum):
    """A step that the rest of the plan does not follow."""

    HOLD = auto()
    CUT = auto()
    RESET = auto()


Step = bytes | float | Gate | Break
Parts = list[list[Step]]
"""The steps before the middle of the answer, those from there to its ending, and the ending."""


def plan(wire: Wire, reply: Reply, echo: str, streaming: bool) -> Iterable[Step]:
    """What to send, bytes by bytes, and where to pause, hold or break off."""
    script = list(re.findall(r"\S+\s*", echo)) if reply.tokens is None else list(reply.tokens)
    parts = _stream(wire, script) if streaming else _whole(wire, script)
    fault = _FAULTS.get(reply.fault) if reply.fault else None
    return fault(parts, wire, streaming) if fault else chain(*parts)


def _stream(wire: Wire, script: list[str | float | Gate]) -> Parts:
    steps: list[Step] = [wire.token(step) if isinstance(step, str) else step for step in script]
    half = len(steps) // 2
    return [[wire.opening(), *steps[:half]], steps[half:], [wire.ending(_texts(script))]]


def _whole(wire: Wire, script: list[str | float | Gate]) -> Parts:
    body = wire.whole(_texts(script))
    waits: list[Step] = [step for step in script if not isinstance(step, str)]
    return [[*waits, body[: len(body) // 2]], [body[len(body) // 2 :]], []]


def _texts(script: list[str | float | Gate]) -> list[str]:
    return [step for step in script if isinstance(step, str)]


def _after_half(step: Break) -> Callable[[Parts, Wire, bool], Iterable[Step]]:
    return lambda parts, wire, streaming: [*parts[0], step]


def _short(parts: Parts, wire: Wire, streaming: bool) -> Iterable[Step]:
    return parts[0]


def _slow_headers(parts: Parts, wire: Wire, streaming: bool) -> Iterable[Step]:
    return [Break.HOLD]


def _slow_body(parts: Parts, wire: Wire, streaming: bool) -> Iterator[Step]:
    for step in chain(*parts):
        if not isinstance(step, bytes):
            yield step
            continue
        for start in range(0, len(step), SLOW_PIECE_BYTES):
            yield step[start : start + SLOW_PIECE_BYTES]
            yield SLOW_PAUSE_S


def _malformed_sse(parts: Parts, wire: Wire, streaming: bool) -> Iterable[Step]:
    return chain(parts[0], [b"\n\n<html>502\nno colon here\n: comment\nfoo: bar\n\n"], parts[1], parts[2])


def _malformed_json(parts: Parts, wire: Wire, streaming: bool) -> Iterable[Step]:
    broken = wire.token("broken").replace(b"}\n\n", b"\n\n") if streaming else b'{"'
    return chain(parts[0], [broken], parts[1], parts[2])


def _wrong_encoding(parts: Parts, wire: Wire, streaming: bool) -> Iterable[Step]:
    if not streaming:
        return [wire.whole(["MARK"]).replace(b"MARK", NOT_UTF_8)]
    return chain(parts[0], [wire.token("MARK").replace(b"MARK", NOT_UTF_8)], parts[1], parts[2])


def _error_in_stream(parts: Parts, wire: Wire, streaming: bool) -> Iterable[Step]:
    return [*parts[0], wire.error_event()]


def without_end(more: bytes) -> Iterator[Step]:
    """The same bytes until the client leaves."""
    while True:
        yield more
        yield 0.0


def _endless(parts: Parts, wire: Wire, streaming: bool) -> Iterable[Step]:
    return chain(parts[0], without_end(wire.token("more ") if streaming else FILLING))


def _endless_event(parts: Parts, wire: Wire, streaming: bool) -> Iterable[Step]:
    return chain(parts[0], [b"data: "], without_end(FILLING))


def _endless_pings(parts: Parts, wire: Wire, streaming: bool) -> Iterable[Step]:
    return chain(parts[0], without_end(b": still here\n\n" * 4096))


def _huge_token(parts: Parts, wire: Wire, streaming: bool) -> Iterable[Step]:
    huge = "x" * HUGE_TOKEN_CHARS
    if not streaming:
        return [wire.whole([huge])]
    return [wire.opening(), wire.token(huge), wire.ending([huge])]


def _empty(parts: Parts, wire: Wire, streaming: bool) -> Iterable[Step]:
    return []


def _silence(parts: Parts, wire: Wire, streaming: bool) -> Iterable[Step]:
    return [*parts[0], *parts[1], Break.HOLD]


_FAULTS: dict[Fault, Callable[[Parts, Wire, bool], Iterable[Step]]] = {
    Fault.SLOW_HEADERS: _slow_headers,
    Fault.SLOW_BODY: _slow_body,
    Fault.STALL: _after_half(Break.HOLD),
    Fault.CUT: _after_half(Break.CUT),
    Fault.SHORT: _short,
    Fault.RESET: _after_half(Break.RESET),
    Fault.MALFORMED_SSE: _malformed_sse,
    Fault.MALFORMED_JSON: _malformed_json,
    Fault.WRONG_ENCODING: _wrong_encoding,
    Fault.ERROR_IN_STREAM: _error_in_stream,
    Fault.ENDLESS: _endless,
    Fault.ENDLESS_EVENT: _endless_event,
    Fault.ENDLESS_PINGS: _endless_pings,
    Fault.HUGE_TOKEN: _huge_token,
    Fault.EMPTY: _empty,
    Fault.SILENCE: _silence,
}
