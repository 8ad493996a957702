"""``race``: the fastest of several agents."""

from __future__ import annotations

from asyncio import Task, TaskGroup
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

from typing_extensions import override

from miniagents.core.errors import DeadlockError
from miniagents.messages import Message
from miniagents.operators.policy import Call, Policy, Try

if TYPE_CHECKING:  # agents stand above operators; this is the name of a type
    from miniagents.agents.agent import MiniAgent

In = TypeVar("In", bound=Message)
Out = TypeVar("Out", bound=Message)


def race(*agents: MiniAgent[In, Out]) -> MiniAgent[In, Out]:
    """Ask all ``agents`` at once and reply with the reply of the one that is first to give anything. ::

        first   --------1--2--|
        second  ----1'----2'--|
        race    ----1'----2'--|

    The first token or whole message decides (or the end of a reply without any); of two at the same time, the agent
    that stands first. The others are stopped then, connections and all, and their errors count as handled. One that
    fails before that is out of the race; when all have failed, the reply fails with an ``ExceptionGroup`` of their
    errors. Parameters of a call go to all agents. What is no ``Exception`` (``KeyboardInterrupt``, say) is never
    handled: it is the reply.

    :raises TypeError: at what is no agent.
    :raises ValueError: without any agent.

    >>> import asyncio
    >>> from miniagents import InteractionContext, MiniAgents, miniagent
    >>> @miniagent
    ... async def slow(ctx: InteractionContext) -> None:
    ...     await asyncio.sleep(60)
    >>> @miniagent
    ... async def fast(ctx: InteractionContext) -> None:
    ...     ctx.reply("here you are")
    >>> async def main() -> None:
    ...     print(*await race(slow, fast).inquire("Hello?"))
    >>> MiniAgents().run(main())
    here you are
    """
    if not agents:
        raise ValueError("race(): it needs agents, those to ask at once")
    how = _Race(*agents)
    return agents[0].composed(how)


class _Race(Policy):
    __slots__ = ()

    name = "race"

    @override
    async def serve(self, call: Call) -> None:
        heat = _Heat([call.ask(agent) for agent in self.agents])
        await heat.run()
        if heat.winner is None:
            raise ExceptionGroup(f"{call.producer.label}: all have failed", heat.errors)
        call.reply_as(heat.winner)


class _Heat:
    """Waits for the first of several tries that gives anything."""

    def __init__(self, tries: Sequence[Try]) -> None:
        self._tries = tries
        self._waiting: list[Task[None]] = []
        self.winner: Try | None = None
        self.errors: list[Exception] = []

    async def run(self) -> None:
        try:
            async with TaskGroup() as group:  # the detector of deadlocks knows what one waits for
                for one in self._tries:
                    if self.winner is None:  # there may be one by now: tasks may be eager
                        self._waiting.append(group.create_task(self._wait_for(one)))
        except* DeadlockError as deadlocks:
            raise deadlocks.exceptions[0] from None

    async def _wait_for(self, one: Try) -> None:
        error = await one.opening()
        if self.winner is not None:
            return
        if isinstance(error, Exception):
            self.errors.append(error)
            return
        self.winner = one
        for task in self._waiting:
            task.cancel()
