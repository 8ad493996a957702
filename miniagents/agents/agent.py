"""Agents: functions from a stream of messages to a stream of messages, which compose."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextvars import copy_context
from typing import Any, Generic, overload
from weakref import ref

from reactivex import Observable
from typing_extensions import TypeVar, override

from miniagents.agents.call import AgentCall, KeptErrors
from miniagents.agents.compose import Chain, FanOut
from miniagents.agents.context import InteractionContext
from miniagents.agents.params import Parameters
from miniagents.core.frozen import Frozen
from miniagents.core.producer import Producer
from miniagents.core.scope import Scope, current_producer
from miniagents.messages import Message, MessagePromise, MessageSequencePromise, MessageType
from miniagents.messages.sequence import new_sequence
from miniagents.operators.chain import checked_stage
from miniagents.operators.composition import Composable, Composition, Connection, Stage

In = TypeVar("In", bound=Message, contravariant=True, default=Message)
Out = TypeVar("Out", bound=Message, covariant=True, default=Message)
Next = TypeVar("Next", bound=Message)
First = TypeVar("First", bound=Message)

Act = Callable[..., Awaitable[object]]
"""What an agent does: ``async (ctx, **params)``."""

_NO_PARAMS: dict[str, Any] = {}


class MiniAgent(Composable, Generic[In, Out]):
    """An agent; made by the ``@miniagent`` decorator, by :meth:`fork`, or by composing others with ``|`` and ``&``.

    ``agent(messages)`` is :meth:`inquire`, so an agent is an operator, too: ``source.pipe(agent)``.
    """

    __slots__ = (
        "__weakref__",
        "_act",
        "_alias",
        "_composition",
        "_defaults",
        "_in",
        "_out",
        "_parameters",
        "description",
        "interaction_metadata",
    )

    def __init__(
        self,
        act: Act | Composition,
        *,
        alias: str | None = None,
        description: str = "",
        parameters: Parameters | None = None,
        message_classes: tuple[type[Message], type[Message]] = (Message, Message),
        interaction_metadata: Mapping[str, Any] | None = None,
        defaults: Mapping[str, Any] = _NO_PARAMS,
    ) -> None:
        self._composition = act if isinstance(act, Composition) else None
        self._act: Act = _no_act if isinstance(act, Composition) else act
        self._parameters = parameters
        self._in, self._out = message_classes
        self._defaults = dict(defaults)
        self._alias = alias
        self.description: str = description
        self.interaction_metadata: Frozen = Frozen(**(interaction_metadata or {}))

    @override
    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.alias}>"

    @property
    @override
    def alias(self) -> str:
        """The name of the agent; one that is made of others is called by their names."""
        if self._alias is None:  # found when it is asked for: a chain of thousands is made link by link
            self._alias = "" if self._composition is None else self._composition.alias()
        return self._alias

    @property
    @override
    def composition(self) -> Composition | None:
        """What the agent is made of, if it is made of others."""
        return self._composition

    # --- calling

    @override
    def inquire(
        self, messages: MessageType[In] | None = None, *, start_asap: bool | None = None, **params: Any
    ) -> MessageSequencePromise[Out]:
        """Send ``messages`` to the agent and get the promise of its reply. Returns at once; no agent code runs yet.

        :param start_asap: ``False`` starts the agent at the first look at the reply; by default as the context says.
        :param params: the agent's parameters, over those that it was decorated or forked with.
        :raises TypeError: when ``messages`` or a parameter is not what the agent takes.
        :raises NoActiveContextError: where no context is active.
        """
        parent = current_producer()
        request = self._request(parent.scope, messages)
        return self._call(parent, request, start_asap, params)

    @overload
    def __call__(
        self, messages: Observable[MessagePromise[In]], *, start_asap: bool | None = None, **params: Any
    ) -> MessageSequencePromise[Out]: ...
    @overload
    def __call__(
        self, messages: MessageType[In] | None = None, *, start_asap: bool | None = None, **params: Any
    ) -> MessageSequencePromise[Out]: ...
    def __call__(
        self, messages: Any = None, *, start_asap: bool | None = None, **params: Any
    ) -> MessageSequencePromise[Out]:
        """As :meth:`inquire`."""
        parent = current_producer()
        request = self._request(parent.scope, messages)
        return self._call(parent, request, start_asap, params)

    def kick_off(self, messages: MessageType[In] | None = None, **params: Any) -> None:
        """Start the agent and let go of it: it outlives the call that made it, and ends with the context.

        Nobody can hold its reply, so any error of it is raised when the context closes.
        """
        root = current_producer().scope.root
        reply = self._call(root, self._request(root.scope, messages), True, params)
        reply._follow_with(KeptErrors(reply))

    def initiate_inquiry(self, *, start_asap: bool | None = None, **params: Any) -> AgentCall[In, Out]:
        """Start a call whose messages are sent one by one, while replies may be read already (full duplex)."""
        parent = current_producer()
        request = new_sequence(parent.scope, self._in)
        reply = self._call(parent, request, start_asap, params)
        call: AgentCall[In, Out] = AgentCall(self.alias, request, reply)
        request._feeder = ref(call)
        parent.scope.sources.add(request)
        return call

    def _request(self, scope: Scope, messages: Any) -> MessageSequencePromise[Any]:
        if messages.__class__ is MessageSequencePromise:
            sequence: MessageSequencePromise[Any] = messages  # the caller's own, handed on as it is
            return sequence
        request = new_sequence(scope, self._in)
        request._fill(() if messages is None else messages)
        return request

    def _call(
        self, parent: Producer, request: MessageSequencePromise[Any], start_asap: bool | None, params: dict[str, Any]
    ) -> MessageSequencePromise[Any]:
        params = self._checked(params)
        scope = parent.scope
        reply = new_sequence(scope, self._out)
        if scope.start_asap if start_asap is None else start_asap:
            self._begin(parent, request, reply, params)
        else:
            context = copy_context()
            reply._dormant = lambda late: context.run(self._begin, parent, request, late, params)
        return reply

    def _checked(self, params: dict[str, Any]) -> dict[str, Any]:
        parameters = self._parameters
        if parameters is None:
            if params or self._defaults or self._composition is not None:
                params = {**self._defaults, **params}
                self.check(params)
        elif params or self._defaults or parameters.required:
            params = {**self._defaults, **params}
            parameters.check(params)
        return params

    @override
    def check_names(self, params: Mapping[str, Any]) -> None:
        how = self._parameters or self._composition
        if how is not None:
            how.check_names(params)

    @override
    def check(self, params: Mapping[str, Any]) -> None:
        how = self._parameters or self._composition
        if how is not None:
            how.check({**self._defaults, **params})

    def _begin(
        self,
        parent: Producer,
        request: MessageSequencePromise[Any],
        reply: MessageSequencePromise[Any],
        params: dict[str, Any],
    ) -> None:
        scope = parent.scope
        if scope.closed:
            reply._fail(scope.too_late(self.alias), quiet=True)
            return
        producer = reply._producer = Producer(scope, parent, self._alias or self.alias, reply)
        if self._composition is not None:
            self._composition.begin(producer, request, reply, params)
            return
        producer.start(self._act, (InteractionContext(request, self, producer),), params)
        if scope.watched:
            scope.called(self, request, reply, params)

    # --- composing

    @overload
    def __or__(self, following: MiniAgent[Out, Next]) -> MiniAgent[In, Next]: ...
    @overload
    def __or__(
        self, following: Callable[[Observable[MessagePromise[Out]]], Observable[MessagePromise[Next]]]
    ) -> MiniAgent[In, Next]: ...
    def __or__(self, following: Any) -> Any:
        """An agent that sends the reply of this one to ``following``: an agent, or anything of the operator shape."""
        return _connected(Chain, self, checked_stage(following))

    @overload
    def __ror__(
        self, before: Callable[[Observable[MessagePromise[First]]], Observable[MessagePromise[In]]]
    ) -> MiniAgent[First, Out]: ...
    @overload
    def __ror__(
        self: MiniAgent[First, Out],
        before: Callable[[Observable[MessagePromise[First]]], Observable[MessagePromise[First]]],
    ) -> MiniAgent[First, Out]: ...
    def __ror__(self, before: Any) -> Any:
        """An agent that sends what ``before`` makes of the messages to this one."""
        return _connected(Chain, checked_stage(before), self)

    def __and__(self: MiniAgent[First, Out], other: MiniAgent[First, Next]) -> MiniAgent[First, Out | Next]:
        """An agent that sends its messages to both at once and replies with the reply of the one, then of the other."""
        return _connected(FanOut, self, checked_stage(other))

    # --- making others of it

    def fork(
        self,
        *,
        alias: str | None = None,
        description: str | None = None,
        interaction_metadata: Mapping[str, Any] | None = None,
        mutable_state: Mapping[str, Any] | None = None,
        **params: Any,
    ) -> MiniAgent[In, Out]:
        """The same agent with other parameters, or under another name; this one stays as it is.

        A later fork overrides an earlier one, and parameters of a call override both.

        :raises TypeError: when the agent has no such parameter.
        """
        given = {**(mutable_state or {}), **params}
        self.check_names(given)
        return MiniAgent(
            self._composition or self._act,
            alias=self._alias if alias is None else alias,
            description=self.description if description is None else description,
            parameters=self._parameters,
            message_classes=(self._in, self._out),
            interaction_metadata={**self.interaction_metadata.as_kwargs(), **(interaction_metadata or {})},
            defaults={**self._defaults, **given},
        )

    @override
    def composed(self, how: Composition) -> MiniAgent[In, Out]:
        """An agent that takes and replies with the same messages as this one, in the way that ``how`` says."""
        return MiniAgent(
            how,
            description=self.description,
            message_classes=(self._in, self._out),
            interaction_metadata=self.interaction_metadata.as_kwargs(),
        )


def _connected(kind: type[Connection], first: Stage, second: Stage) -> MiniAgent[Any, Any]:
    how = kind.of((first, second))
    classes = (
        first._in if isinstance(first, MiniAgent) else Message,
        second._out if isinstance(second, MiniAgent) and kind is Chain else Message,
    )
    return MiniAgent(how, message_classes=classes)


async def _no_act(_: InteractionContext[Any, Any]) -> None:
    """What an agent that is made of others does itself."""
