"""Those who read a call, and what they have seen."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from time import perf_counter

from benchmarks.soak.plans import Plan, Planned
from miniagents import MessagePromise, MessageSequencePromise
from miniagents.core.errors import PromiseCancelledError

Error = Planned | PromiseCancelledError


@dataclass(slots=True)
class View:
    """What one reader saw: each message with the error that it broke off by, and the end."""

    messages: list[tuple[str, Error | None]] = field(default_factory=list)
    end: Error | None = None
    heard_at: float = 0.0
    """When the reader heard that the call was cancelled; a message of it may have said so of itself before."""
    still_running: int = 0
    """How much of the call ran at that moment."""

    def finish(self, error: Error, plan: Plan) -> None:
        """Notes the end, and what it finds where the call was cancelled."""
        self.end = error
        if isinstance(error, PromiseCancelledError):
            self.heard_at = perf_counter()
            self.still_running = plan.running

    @property
    def heard(self) -> bool:
        """Whether the reader has heard of a cancellation."""
        return self.heard_at > 0


async def read(reply: MessageSequencePromise, plan: Plan) -> View:
    """Reads every token of every message."""
    view = View()
    try:
        async for promise in reply:
            view.messages.append(await _read_message(promise))
    except (Planned, PromiseCancelledError) as error:
        view.finish(error, plan)
    return view


async def _read_message(promise: MessagePromise) -> tuple[str, Error | None]:
    tokens: list[str] = []
    try:
        async for token in promise:
            tokens.append(token)
    except (Planned, PromiseCancelledError) as error:
        return "".join(tokens), error
    return "".join(tokens), None


async def leave(reply: MessageSequencePromise, plan: Plan) -> None:
    """A reader that goes away in the middle, in the way that was planned; whoever stays must not notice."""
    match plan.fault:
        case "a reader times out":
            with suppress(TimeoutError):
                async with asyncio.timeout(plan.strikes_after):
                    await read(reply, plan)
        case "a reader breaks off":
            with suppress(Planned, PromiseCancelledError):
                async for _ in reply:
                    break
        case _:
            task = asyncio.ensure_future(read(reply, plan))
            await asyncio.sleep(plan.strikes_after)
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


def subscribe_and_raise(reply: MessageSequencePromise) -> None:
    """A subscriber whose callback raises."""

    def raising(_: object) -> None:
        raise Planned("a callback")

    reply.subscribe(raising, lambda _: None)
