"""``@miniagent``: makes an agent of a coroutine function, of an async generator function, or of a class."""

from __future__ import annotations

import inspect
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from typing import Any, Concatenate, Protocol, overload

from typing_extensions import TypeVar

from miniagents.agents.agent import Act, MiniAgent
from miniagents.agents.context import InteractionContext
from miniagents.agents.params import Parameters
from miniagents.core.pump import feed
from miniagents.messages import Message, MessageType

In = TypeVar("In", bound=Message, default=Message)
Out = TypeVar("Out", bound=Message, default=Message)


class AgentObject(Protocol[In, Out]):
    """What instances of an agent class look like: made anew for each call, with the context in ``ctx``."""

    ctx: InteractionContext[In, Out]

    async def __call__(self) -> None:
        """Reply, by ``self.ctx``."""
        ...


class _Decorator(Protocol):
    @overload
    def __call__(self, target: type[AgentObject[In, Out]], /) -> MiniAgent[In, Out]: ...
    @overload
    def __call__(
        self, target: Callable[Concatenate[InteractionContext[In, Out], ...], Coroutine[Any, Any, None]], /
    ) -> MiniAgent[In, Out]: ...
    @overload
    def __call__(
        self, target: Callable[Concatenate[InteractionContext[In, Out], ...], AsyncIterator[MessageType[Out]]], /
    ) -> MiniAgent[In, Out]: ...


@overload
def miniagent(target: type[AgentObject[In, Out]], /) -> MiniAgent[In, Out]: ...
@overload
def miniagent(
    target: Callable[Concatenate[InteractionContext[In, Out], ...], Coroutine[Any, Any, None]], /
) -> MiniAgent[In, Out]: ...
@overload
def miniagent(
    target: Callable[Concatenate[InteractionContext[In, Out], ...], AsyncIterator[MessageType[Out]]], /
) -> MiniAgent[In, Out]: ...
@overload
def miniagent(
    *,
    alias: str | None = None,
    description: str | None = None,
    interaction_metadata: Mapping[str, Any] | None = None,
    mutable_state: Mapping[str, Any] | None = None,
    **params: Any,
) -> _Decorator: ...
def miniagent(
    target: Any = None,
    /,
    *,
    alias: str | None = None,
    description: str | None = None,
    interaction_metadata: Mapping[str, Any] | None = None,
    mutable_state: Mapping[str, Any] | None = None,
    **params: Any,
) -> Any:
    """Make an agent of a function or class; used as ``@miniagent`` or ``@miniagent(...)``.

    The function is ``async def f(ctx, ...) -> None``, which replies by ``ctx.reply(...)``, or an async generator, whose
    yields are its replies. A class has a field or ``__init__`` parameter ``ctx`` and ``async def __call__(self)``; each
    call gets a fresh instance. What it takes and gives is read from the annotation of the context,
    ``ctx: InteractionContext[In, Out]``.

    :param alias: by default the name of the function or class in UPPER_SNAKE.
    :param description: by default the docstring; ``{AGENT_ALIAS}`` in it is replaced by the alias.
    :param interaction_metadata: fields that are recorded with every call.
    :param mutable_state: parameters that are handed over as they are and may change, a list of past messages say.
    :param params: defaults for the parameters of the agent.
    :raises TypeError: when ``target`` is neither, or at a parameter that does not exist or has a reserved name.
    """
    names = sys._getframe(1).f_locals  # what the annotations of a local function may refer to

    def decorate(target: Any) -> MiniAgent[Any, Any]:
        act = _act(target)
        parameters = Parameters(target, names)
        defaults = {**(mutable_state or {}), **params}
        parameters.check_names(defaults)
        name = alias or _upper_snake(target.__name__)
        return MiniAgent(
            act,
            alias=name,
            description=_description(target, name) if description is None else description,
            parameters=parameters,
            message_classes=parameters.message_classes,
            interaction_metadata=interaction_metadata,
            defaults=defaults,
        )

    return decorate if target is None else decorate(target)


def _act(target: Any) -> Act:
    if inspect.isclass(target):
        return _act_of_class(target)
    if inspect.iscoroutinefunction(target):
        act: Act = target
        return act
    if inspect.isasyncgenfunction(target):
        return _act_of_generator(target)
    raise TypeError(
        f"@miniagent: {target!r} is no agent: write `async def agent(ctx, ...)`, with or without `yield`, or a class "
        "with `ctx` and `async def __call__(self)`"
    )


def _act_of_generator(function: Callable[..., AsyncIterator[Any]]) -> Act:
    async def act(ctx: InteractionContext[Any, Any], **params: Any) -> None:
        await feed(function(ctx, **params), ctx.reply)

    return act


def _act_of_class(kind: type[Any]) -> Act:
    if not inspect.iscoroutinefunction(getattr(kind, "__call__", None)):  # noqa: B004 - its kind matters, too
        raise TypeError(f"@miniagent: class {kind.__name__} needs `async def __call__(self) -> None`")

    async def act(ctx: InteractionContext[Any, Any], **params: Any) -> None:
        await kind(ctx=ctx, **params)()

    return act


def _upper_snake(name: str) -> str:
    spaced = "".join(
        f"_{letter}"
        if letter.isupper() and index and not (name[index - 1].isupper() or name[index - 1] == "_")
        else letter
        for index, letter in enumerate(name)
    )
    return spaced.upper()


def _description(target: Any, alias: str) -> str:
    return (inspect.cleandoc(target.__doc__) if target.__doc__ else "").replace("{AGENT_ALIAS}", alias)
