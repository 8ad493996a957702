"""``fallback``: another agent where one fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from typing_extensions import override

from miniagents.messages import Message
from miniagents.operators.policy import Call, Policy

if TYPE_CHECKING:  # agents stand above operators; this is the name of a type
    from miniagents.agents.agent import MiniAgent

In = TypeVar("In", bound=Message)
Out = TypeVar("Out", bound=Message)


def fallback(*agents: MiniAgent[In, Out]) -> MiniAgent[In, Out]:
    """Ask ``agents`` one after the other and reply with the reply of the first that does not fail at once. ::

        first     --X
        second      ----1--2--|
        fallback  ------1--2--|

    One that fails before a token or a whole message of it has gone out is stopped, its error counts as handled, and the
    next one is asked the same. From the first token on its reply is the reply, an error that comes later included; so
    is that of the last agent, whose error has those before it as its context (``__context__``). Parameters of a call
    go to all agents. What is no ``Exception`` (``KeyboardInterrupt``, say) is never handled.

    :raises TypeError: at what is no agent.
    :raises ValueError: without any agent.

    >>> from miniagents import InteractionContext, MiniAgents, miniagent
    >>> @miniagent
    ... async def busy(ctx: InteractionContext) -> None:
    ...     raise ConnectionError("try later")
    >>> @miniagent
    ... async def ready(ctx: InteractionContext) -> None:
    ...     ctx.reply("here you are")
    >>> async def main() -> None:
    ...     print(*await fallback(busy, ready).inquire("Hello?"))
    >>> MiniAgents().run(main())
    here you are
    """
    if not agents:
        raise ValueError("fallback(): it needs agents, the one to ask first and those to ask when it fails")
    how = _Fallback(*agents)
    return agents[0].composed(how)


class _Fallback(Policy):
    __slots__ = ()

    name = "fallback"

    @override
    async def serve(self, call: Call) -> None:
        failed: Exception | None = None
        for position, agent in enumerate(self.agents, start=1):
            one = call.ask(agent)
            error = await one.opening()
            if failed is not None and isinstance(error, Exception):
                _put_into_context(error, failed)
            if position == len(self.agents) or not isinstance(error, Exception):
                call.reply_as(one)
                return
            await call.drop(one)
            failed = error


def _put_into_context(error: Exception, earlier: Exception) -> None:
    """Let ``error`` tell what came before it, as Python does for an error in an ``except`` block."""
    known: BaseException | None = earlier
    while known is not None and known is not error:
        known = known.__context__
    if known is None and error.__context__ is None:
        error.__context__ = earlier
