"""What ``timeout`` is made of: one who hands on a reply and knows since when nothing has come."""

from __future__ import annotations

from asyncio import Future, create_task, get_running_loop, wait
from collections.abc import Sequence
from contextlib import suppress
from math import inf
from typing import Any, NamedTuple

from typing_extensions import override

from miniagents.core.cursor import Follower, Place
from miniagents.core.errors import DeadlockError
from miniagents.core.failure import Failure
from miniagents.core.replay import COMPLETED, Completed, Replay
from miniagents.messages import MessagePromise, MessageSequencePromise
from miniagents.messages.join import Forward
from miniagents.messages.promise import open_promise
from miniagents.operators.policy import Call
from miniagents.operators.stage import scope_of


class Limits(NamedTuple):
    """The seconds that a call may take, each where there is one."""

    first_token: float | None
    between_tokens: float | None
    total: float | None


class Watch:
    """Knows when there was a sign of life, what is still open, and so when it is too late."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._loop = get_running_loop()
        self._began = self._loop.time()
        self._sent: float | None = None  # when the agent had been sent everything
        self._last: float | None = None  # when something came
        self._open: dict[Replay[Any], Follower] = {}  # what is filled by whom
        self._news: Future[None] | None = None

    # --- what goes on

    def follow(self, inner: MessageSequencePromise[Any], reply: MessageSequencePromise[Any]) -> None:
        """Let ``reply`` have all of ``inner``."""
        self._open[reply] = messages = _Messages(inner._cursor(), reply, self)
        inner._follow_with(messages)

    def mirrored(self, promise: MessagePromise[Any], target: MessagePromise[Any]) -> None:
        """Let ``target`` have all of ``promise``; stopping the one stops the other."""
        self._open[target] = tokens = _Tokens(promise, target, self)
        promise._follow_with(tokens)
        target._producer = promise._producer

    def alive(self) -> None:
        """Something came."""
        is_first = self._last is None
        self._last = self._loop.time()
        if is_first:
            self._tell()

    def over(self, target: Replay[Any]) -> None:
        """``target`` has ended."""
        self._open.pop(target, None)
        if not self._open:
            self._tell()

    def _tell(self) -> None:
        if self._news is not None and not self._news.done():
            self._news.set_result(None)

    # --- waiting

    async def run(self, call: Call) -> str | None:
        """Wait for the end of everything, or until it is too late: then say in words for what."""
        first, between, _ = self._limits
        sending = None if first is between is None else create_task(self._wait_for_request(call))
        try:
            while self._open:
                due, what = self._due()
                left = due - self._loop.time()
                if left <= 0:
                    return what
                self._news = self._loop.create_future()
                await wait((self._news,), timeout=None if left == inf else left)
            return None
        finally:
            if sending is not None:
                sending.cancel()

    async def _wait_for_request(self, call: Call) -> None:
        with suppress(DeadlockError):  # the agent hears of it, too
            await call.whole_request()
        self._sent = self._loop.time()
        self._tell()

    def _due(self) -> tuple[float, str]:
        """When the next limit will be reached, and what to say then."""
        first, between, total = self._limits
        due = inf if total is None else self._began + total
        found = (due, f"was not done within {total} s (total)")
        if self._sent is None:
            return found
        if self._last is None and first is not None:
            found = min(found, (self._sent + first, f"gave nothing within {first} s (first_token)"))
        if self._last is not None and between is not None:
            since = max(self._sent, self._last)
            found = min(found, (since + between, f"gave nothing for {between} s (between_tokens)"))
        return found

    # --- too late

    def let_go(self) -> None:
        """Take nothing more."""
        for follower in self._open.values():
            follower.stop()

    def fail(self, failure: Failure) -> None:
        """Let everything that is open end with ``failure``."""
        for target in list(self._open):
            target._finish(failure)


class _Messages(Forward[MessageSequencePromise[Any]]):
    """Hands on a reply. A timer may end its target at any time, so for who looks for deadlocks it waits for nothing."""

    __slots__ = ("_watch",)

    def __init__(self, place: Place, target: MessageSequencePromise[Any], watch: Watch) -> None:
        super().__init__(place, target)
        self._watch = watch

    @property
    @override
    def attached_to(self) -> Replay[Any] | None:
        return None

    @override
    def take(self, pieces: Sequence[Any]) -> None:
        for promise in pieces:
            if promise._end is not None:
                self._target._add(promise)
                self._watch.alive()
            else:
                target: MessagePromise[Any] = open_promise(promise._message_class, {}, scope_of(promise))
                target._preliminary, target._metadata = promise._preliminary, promise._metadata
                self._watch.mirrored(promise, target)
                self._target._add(target)

    @override
    def finish(self, end: Completed | Failure) -> None:
        super().finish(end)
        self._watch.over(self._target)


class _Tokens(Forward[MessagePromise[Any]]):
    """Hands on one message, the very same object in the end. As for deadlocks, see above."""

    __slots__ = ("_promise", "_watch")

    def __init__(self, promise: MessagePromise[Any], target: MessagePromise[Any], watch: Watch) -> None:
        super().__init__(promise._cursor(), target)
        self._promise = promise
        self._watch = watch

    @property
    @override
    def attached_to(self) -> Replay[Any] | None:
        return None

    @override
    def take(self, pieces: Sequence[str]) -> None:
        target = self._target
        if target._end is None:
            for piece in pieces:
                target._push(piece)
        if any(pieces):
            self._watch.alive()

    @override
    def finish(self, end: Completed | Failure) -> None:
        if end is COMPLETED and self._target._end is None:
            self._target._message = self._promise._build()
        super().finish(end)
        self._watch.alive()
        self._watch.over(self._target)
