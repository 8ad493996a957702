"""Agents that do what they are told, and remember how often they were called and whether they were stopped."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from miniagents import InteractionContext, Message, MiniAgent, miniagent

Step = str | float | BaseException
"""A token, seconds of silence, or how it ends."""


class Boom(Exception):
    """The error of a test."""


@dataclass
class Scripted:
    """An agent whose calls go by one script each, the last of them again and again; `agent` is what to call."""

    scripts: Sequence[Sequence[Step]]
    name: str = "A"
    started: list[float] = field(default_factory=list)
    stopped: list[float] = field(default_factory=list)

    @property
    def agent(self) -> MiniAgent:
        """Replies with one message, which is promised at once, as language models do."""

        async def reply(ctx: InteractionContext, **params: Any) -> None:
            ctx.reply(Message.promise(message_token_streamer=self._stream))

        return miniagent(alias=self.name)(reply)

    async def _stream(self, _: dict[str, Any]) -> AsyncIterator[str]:
        script = self.scripts[min(len(self.started), len(self.scripts) - 1)]
        self.started.append(_now())
        try:
            for step in script:
                match step:
                    case str():
                        yield step
                    case BaseException():
                        raise step
                    case seconds:
                        await asyncio.sleep(seconds)
        finally:
            self.stopped.append(_now())


def scripted(*scripts: Sequence[Step], name: str = "A") -> Scripted:
    return Scripted(scripts, name)


def _now() -> float:
    return asyncio.get_running_loop().time()


async def tokens_of(reply: Any) -> tuple[list[str], BaseException | None]:
    """The tokens that came, and the error that ended them."""
    tokens: list[str] = []
    try:
        async for promise in reply:
            async for token in promise:
                tokens.append(token)
    except Exception as error:  # noqa: BLE001 - the test looks at it
        return tokens, error
    return tokens, None
