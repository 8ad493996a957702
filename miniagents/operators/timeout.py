"""``timeout``: an end for a call that takes too long."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from typing_extensions import override

from miniagents.core.failure import Failure
from miniagents.messages import Message
from miniagents.operators.composition import Composable
from miniagents.operators.policy import Call, Policy, stopped
from miniagents.operators.watch import Limits, Watch

if TYPE_CHECKING:  # agents stand above operators; this is the name of a type
    from miniagents.agents.agent import MiniAgent

In = TypeVar("In", bound=Message)
Out = TypeVar("Out", bound=Message)


def timeout(
    agent: MiniAgent[In, Out],
    *,
    first_token: float | None = None,
    between_tokens: float | None = None,
    total: float | None = None,
) -> MiniAgent[In, Out]:
    """The same agent, stopped when it takes too long: what came stays, and then comes a ``TimeoutError``. ::

        agent                       --1----------2--|
        timeout(between_tokens=5)   --1-----X

    The error names the agent and the limit, and comes when the call has been stopped, connections and all; an open
    message ends with it, and so does the reply. A message that is whole counts as a token. The call and what it makes
    go on whether or not anybody reads, so a slow reader is no reason.

    :param first_token: seconds from the moment that the agent has been sent everything until it gives anything. (In
        ``a | b``, ``b`` is called when ``a`` is: what it takes ``a`` to reply is not held against ``b``.)
    :param between_tokens: seconds of silence that are allowed after the first token, and after the last message that
        the agent was sent.
    :param total: seconds from the call to the end, whatever they are spent on.
    :raises ValueError: without any limit, or when one is not more than 0.
    :raises TypeError: when ``agent`` is no agent, or a limit no number.

    >>> import asyncio
    >>> from miniagents import InteractionContext, MiniAgents, miniagent
    >>> @miniagent
    ... async def sleepy(ctx: InteractionContext) -> None:
    ...     await asyncio.sleep(60)
    >>> async def main() -> None:
    ...     try:
    ...         await timeout(sleepy, first_token=0.01).inquire("Hello?")
    ...     except TimeoutError as error:
    ...         print(error)
    >>> MiniAgents().run(main())
    SLEEPY gave nothing within 0.01 s (first_token)
    """
    limits = Limits(first_token, between_tokens, total)
    if limits == (None, None, None):
        raise ValueError("timeout(): give at least one limit, in seconds: first_token=, between_tokens= or total=")
    for name, seconds in limits._asdict().items():
        _check(name, seconds)
    how = _Timeout(agent, limits)
    return agent.composed(how)


def _check(name: str, seconds: object) -> None:
    if seconds is None:
        return
    if not isinstance(seconds, int | float) or isinstance(seconds, bool):
        raise TypeError(f"timeout({name}={seconds!r}): it is a number of seconds")
    if not seconds > 0:
        raise ValueError(f"timeout({name}={seconds!r}): it is a number of seconds, more than 0")


class _Timeout(Policy):
    __slots__ = ("_agent", "_limits")

    name = "timeout"

    def __init__(self, agent: Composable, limits: Limits) -> None:
        super().__init__(agent)
        self._agent = agent
        self._limits = limits

    @override
    async def serve(self, call: Call) -> None:
        inner = self._agent.inquire(call.request, start_asap=True, **call.params)
        watch = Watch(self._limits)
        watch.follow(inner, call.reply)
        if (exceeded := await watch.run(call)) is not None:
            watch.let_go()
            inner.cancel()
            await stopped(inner)
            error = TimeoutError(f"{self._agent.alias} {exceeded}")
            watch.fail(Failure(error, call.producer))
