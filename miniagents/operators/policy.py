"""What policies are made of: calls of agents that are watched, and let go of where something went wrong."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

from typing_extensions import override

from miniagents.core.cursor import Cursor, Follower
from miniagents.core.failure import Failure
from miniagents.core.producer import Producer
from miniagents.core.promising import Promising
from miniagents.core.replay import COMPLETED, Completed, Replay
from miniagents.messages import MessageSequencePromise
from miniagents.operators.composition import Composable, Composition


class Call(NamedTuple):
    """One call of an agent that stands under a policy: what it was sent, and what is to be filled."""

    producer: Producer
    request: MessageSequencePromise[Any]
    reply: MessageSequencePromise[Any]
    params: Mapping[str, Any]

    def ask(self, agent: Composable) -> Try:
        """Send the same to ``agent``, inside this call."""
        return Try(agent, agent.inquire(self.request, **self.params))

    def reply_as(self, one: Try) -> None:
        """Let the whole reply of ``one``, whatever becomes of it, come next in the reply of this call."""
        self.reply._add(one.reply)


class Policy(Composition):
    """A composition that decides while the call runs, in one task of its own. Parameters are for all of its agents."""

    __slots__ = ("agents",)

    name: ClassVar[str]

    def __init__(self, *agents: Composable) -> None:
        for agent in agents:
            if not isinstance(agent, Composable):
                raise TypeError(f"{self.name}: {agent!r} is no agent; a function becomes one by `@miniagent`")
        self.agents: tuple[Composable, ...] = agents

    @abstractmethod
    async def serve(self, call: Call) -> None:
        """Fill the reply of ``call``. What is asked by :meth:`Call.ask` stops with it."""

    @override
    def begin(
        self,
        group: Producer,
        request: MessageSequencePromise[Any],
        reply: MessageSequencePromise[Any],
        params: Mapping[str, Any],
    ) -> None:
        group.start(self.serve, (Call(group, request, reply, params),))

    @override
    def alias(self) -> str:
        return f"{self.name}({', '.join(agent.alias for agent in self.agents)})"

    @override
    def check_names(self, params: Mapping[str, Any]) -> None:
        for agent in self.agents:
            agent.check_names(params)

    @override
    def check(self, params: Mapping[str, Any]) -> None:
        for agent in self.agents:
            agent.check(params)


class Try:
    """One agent that was asked, and whose reply is not handed on yet."""

    __slots__ = ("agent", "reply")

    def __init__(self, agent: Composable, reply: MessageSequencePromise[Any]) -> None:
        self.agent = agent
        self.reply: MessageSequencePromise[Any] = reply

    async def opening(self) -> BaseException | None:
        """Wait until something can go out: a token, a whole message, or the end. The error, if there is one instead.

        The error is not observed by this.
        """
        async for promises in self.reply.batches(observe=False):
            async for tokens in promises[0].batches(observe=False):
                if any(tokens):
                    return None
            return await promises[0].settled()
        return await self.reply.settled()

    def drop(self) -> None:
        """Stop the call. Its errors are handled herewith, those that are still to come as well."""
        self.reply._follow_with(_Handled(self.reply))
        self.reply.cancel()

    async def dropped(self) -> None:
        """Stop the call and wait until it has stopped; not for ever, should it not want to."""
        self.drop()
        await stopped(self.reply)


class _Handled(Follower):
    """Observes the errors of a reply that nobody will read. It starts nothing that has not been started."""

    __slots__ = ()

    def __init__(self, stream: Replay[Any]) -> None:
        super().__init__(Cursor(stream))

    @override
    def take(self, pieces: Sequence[Any]) -> None:
        for piece in pieces:
            if isinstance(piece, Replay) and piece._dormant is None:
                piece._follow_with(_Handled(piece))

    @override
    def finish(self, end: Completed | Failure) -> None:
        if end is not COMPLETED and isinstance(end, Failure) and isinstance(end.error, Exception):
            end.observe()


async def stopped(reply: Replay[Any]) -> None:
    """Wait until the cancelled call that makes ``reply`` has stopped, at most for the context's time of grace."""
    producer = reply._producer
    if producer is None or producer.is_gone:
        return
    assert isinstance(producer.scope, Promising), "calls are made in a context"
    try:
        async with asyncio.timeout(producer.scope.grace_seconds):
            await producer.join()
    except TimeoutError:
        return  # whoever closes the context will hear its name
