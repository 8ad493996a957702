"""What policies are made of: calls of agents that are watched, and let go of where something went wrong."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from typing_extensions import override

from miniagents.core.cursor import Cursor, Follower
from miniagents.core.failure import Failure
from miniagents.core.producer import Producer
from miniagents.core.replay import Completed, Replay
from miniagents.messages import Message, MessageSequencePromise
from miniagents.operators.composition import Composable, Composition


class Call:
    """One call of an agent that stands under a policy: what it was sent, and what is to be filled."""

    __slots__ = ("_open", "params", "producer", "reply", "request")

    def __init__(
        self,
        producer: Producer,
        request: MessageSequencePromise[Any],
        reply: MessageSequencePromise[Any],
        params: Mapping[str, Any],
    ) -> None:
        self.producer: Producer = producer
        self.request: MessageSequencePromise[Any] = request
        self.reply: MessageSequencePromise[Any] = reply
        self.params: Mapping[str, Any] = params
        self._open: list[Try] = []

    async def whole_request(self) -> None:
        """Wait until the agent has been sent everything, whatever it is."""
        async for promises in self.request.batches(observe=False):
            for promise in promises:
                await promise.settled()

    def ask(self, agent: Composable) -> Try:
        """Send the same to ``agent``, inside this call."""
        one = Try(agent.inquire(self.request, start_asap=True, **self.params))
        self._open.append(one)
        return one

    def reply_as(self, one: Try) -> None:
        """Let the whole reply of ``one``, whatever becomes of it, come next in the reply of this call."""
        self._open.remove(one)
        self.reply._add(one.reply)

    async def drop(self, one: Try) -> None:
        """Stop what was asked, and wait until it has stopped; not for ever, should it not want to."""
        self._open.remove(one)
        one.drop()
        await stopped(one.reply)

    def drop_all(self) -> None:
        """Stop all that was asked, and whose reply was not handed on."""
        for one in self._open:
            one.drop()


class Policy(Composition):
    """A composition that decides while the call runs, in one task of its own. Parameters are for all of its agents."""

    __slots__ = ("agents",)

    name: ClassVar[str]

    def __init__(self, *agents: Composable) -> None:
        for agent in agents:
            if not isinstance(agent, Composable):
                raise TypeError(f"{self.name}: {agent!r} is no agent; a function becomes one by `@miniagent`")
        self.agents: tuple[Composable, ...] = agents

    async def _serve(self, call: Call) -> None:
        try:
            await self.serve(call)
        finally:
            call.drop_all()

    @abstractmethod
    async def serve(self, call: Call) -> None:
        """Fill the reply of ``call``. What it has asked and not handed on is stopped at its end."""

    @override
    def begin(
        self,
        group: Producer,
        request: MessageSequencePromise[Any],
        reply: MessageSequencePromise[Any],
        params: Mapping[str, Any],
    ) -> None:
        group.start(self._serve, (Call(group, request, reply, params),))

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

    __slots__ = ("reply",)

    def __init__(self, reply: MessageSequencePromise[Any]) -> None:
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
        """Stop the call. Its errors are handled herewith, those that are still to come as well; once is enough."""
        self.reply._follow_with(_Handled(self.reply))
        self.reply.cancel()

    async def gone(self) -> None:
        """Wait until the call has stopped, with all that was started inside it."""
        if self.reply._producer is not None:
            await self.reply._producer.join()


class _Handled(Follower):
    """Observes the errors of a reply that nobody will read. It starts nothing that has not been started."""

    __slots__ = ("_stream",)

    def __init__(self, stream: Replay[Any]) -> None:
        super().__init__(Cursor(stream))
        self._stream: Any = stream

    @override
    def take(self, pieces: Sequence[str | Message | Replay[Any]]) -> None:
        for piece in pieces:
            if isinstance(piece, Replay) and piece._dormant is None:
                piece._follow_with(_Handled(piece))

    @override
    def finish(self, end: Completed | Failure) -> None:
        if self._stream._is_nested:
            self.take([aside.flat for aside in self._stream._asides or ()])
        if isinstance(end, Failure) and isinstance(end.error, Exception):
            end.observe()


async def stopped(reply: Replay[Any]) -> None:
    """Wait until the cancelled call that makes ``reply`` has stopped, at most for the context's time of grace."""
    producer = reply._producer
    if producer is None or producer.is_gone:
        return
    try:
        async with asyncio.timeout(producer.scope.grace_seconds):
            await producer.join()
    except TimeoutError:
        return  # whoever closes the context will hear its name
