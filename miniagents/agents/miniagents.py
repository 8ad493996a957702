"""The context that agents live in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any
from weakref import WeakValueDictionary

from typing_extensions import override

from miniagents.agents.agent import MiniAgent
from miniagents.agents.nodes import AgentCallNode, AgentReplyNode, recorded
from miniagents.core.producer import Producer
from miniagents.core.promising import PromiseResolvedHandler, Promising, checked_handler
from miniagents.core.unobserved import UnobservedErrorPolicy
from miniagents.messages import Message, MessageSequencePromise
from miniagents.messages.promise import promise_of_message

PersistMessageHandler = Callable[[Any, Message], Awaitable[None]]
"""``async (promise, message) -> None``"""


class MiniAgents(Promising):
    """The context in which agents are called: ``MiniAgents().run(main())``, ``async with MiniAgents(): ...``, or
    ``activate()`` and, perhaps, ``await afinalize()``.

    :param start_asap: as in ``Promising``.
    :param stream_llm_tokens_by_default: whether LLM agents stream unless told otherwise by ``stream=``.
    :param llm_logger_agent: an agent that is sent every request to an LLM with its response; ``True`` for
        ``markdown_llm_logger_agent``.
    :param on_persist_message: ``async (promise, message) -> None`` handlers; each is told once of every message object,
        of those inside a message before the message, and of an ``AgentCallNode`` and ``AgentReplyNode`` for every call.
    :param on_promise_resolved: as in ``Promising``.
    :param on_unobserved_error: as in ``Promising``.
    """

    def __init__(
        self,
        *,
        start_asap: bool = True,
        stream_llm_tokens_by_default: bool = True,
        llm_logger_agent: MiniAgent[Any, Any] | bool = False,
        on_persist_message: PersistMessageHandler | Iterable[PersistMessageHandler] = (),
        on_promise_resolved: PromiseResolvedHandler | Iterable[PromiseResolvedHandler] = (),
        on_unobserved_error: UnobservedErrorPolicy = "raise",
    ) -> None:
        super().__init__(
            start_asap=start_asap, on_promise_resolved=on_promise_resolved, on_unobserved_error=on_unobserved_error
        )
        if not isinstance(llm_logger_agent, bool | MiniAgent):
            raise TypeError(f"llm_logger_agent={llm_logger_agent!r}: it is an agent, True or False")
        self.stream_llm_tokens_by_default = stream_llm_tokens_by_default
        self.llm_logger_agent = llm_logger_agent
        self._persist_handlers: list[PersistMessageHandler] = []
        self._persisted: WeakValueDictionary[int, Message] = WeakValueDictionary()  # by id: once per object, not value
        for handler in [on_persist_message] if callable(on_persist_message) else on_persist_message:
            self.on_persist_message(handler)

    def on_persist_message(self, handler: PersistMessageHandler) -> PersistMessageHandler:
        """Call ``await handler(promise, message)`` once for every message object; also usable as a decorator."""
        self._persist_handlers.append(checked_handler(handler, "on_persist_message", "(promise, message)"))
        self.watched = True
        return handler

    @override
    def resolved(self, promise: Any, result: Any) -> None:
        if self._persist_handlers and isinstance(result, Message):
            self._persist(promise, result)
        super().resolved(promise, result)

    def _persist(self, promise: Any, message: Message) -> None:
        new = [part for part in (*message.sub_messages(), message) if self._persisted.get(id(part)) is not part]
        for part in new:
            self._persisted[id(part)] = part
        if new:
            self._call_handler("on_persist_message", self._persist_all, promise, new)

    async def _persist_all(self, promise: Any, messages: list[Message]) -> None:
        for message in messages:
            for handler in self._persist_handlers:
                await handler(promise, message)

    @override
    def called(self, agent: Any, request: Any, reply: Any, params: dict[str, Any]) -> None:
        if self._persist_handlers and not self.closed:
            Producer(self, self.root, "on_persist_message").start(self._record, (agent, request, reply, params))
        else:
            super().called(agent, request, reply, params)

    async def _record(
        self,
        agent: MiniAgent[Any, Any],
        request: MessageSequencePromise[Any],
        reply: MessageSequencePromise[Any],
        params: dict[str, Any],
    ) -> None:
        """Persist the nodes of one call, as far as it gets: without messages that fail there is nothing to record."""
        messages = await request._if_all_is_well()
        if messages is None:
            return
        extra = {**recorded(params), **agent.interaction_metadata.as_kwargs()}
        fields: dict[str, Any] = {name: extra[name] for name in extra if name not in AgentCallNode.model_fields}
        call = AgentCallNode(messages=messages, agent_alias=agent.alias, **fields)
        self.resolved(promise_of_message(call, None), call)
        replies = await reply._if_all_is_well()
        if replies is not None:
            node = AgentReplyNode(agent_call=call, agent_alias=agent.alias, replies=replies)
            self.resolved(promise_of_message(node, None), node)
