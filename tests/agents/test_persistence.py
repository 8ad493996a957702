"""What is told to `on_persist_message`: every message object once, what is inside it first, and a record of calls."""

from __future__ import annotations

from typing import Any

import pytest

from miniagents import InteractionContext, Message, MessageSequencePromise, MiniAgents, miniagent
from miniagents.agents import AgentCallNode, AgentReplyNode
from tests.laws.programs import Boom, turns


class Store:
    """Remembers what it is told."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    async def __call__(self, _: object, message: Message) -> None:
        self.messages.append(message)

    def of(self, kind: type[Message]) -> list[Any]:
        return [message for message in self.messages if isinstance(message, kind)]

    def plain(self) -> list[Message]:
        return [message for message in self.messages if type(message) is Message]


@miniagent
async def echo(ctx: InteractionContext, mood: str = "calm") -> None:
    ctx.reply(ctx.message_promises)
    ctx.reply(f"{mood} echo")


async def test_every_message_is_told_once() -> None:
    store = Store()
    async with MiniAgents(on_persist_message=store):
        message = Message("a")
        reply = (echo | echo)([message, message])
        await reply
        await reply
    assert [str(one) for one in store.plain()].count("a") == 1
    assert len({id(one) for one in store.messages}) == len(store.messages)


async def test_equal_messages_are_two_objects() -> None:
    store = Store()
    async with MiniAgents(on_persist_message=store):
        await MessageSequencePromise([Message("a"), Message("a")])
    assert len(store.messages) == 2


async def test_messages_inside_a_message_come_first() -> None:
    store = Store()
    inner = Message("inner", of=Message("innermost"))
    outer = Message("outer", parts=[inner, "text"])
    async with MiniAgents(on_persist_message=store):
        await MessageSequencePromise(outer)
    assert [str(message) for message in store.messages] == ["innermost", "inner", "outer"]


async def test_a_handler_may_be_a_decorated_function() -> None:
    told: list[Message] = []
    context = MiniAgents()

    @context.on_persist_message
    async def tell(promise: object, message: Message) -> None:
        told.append(message)

    async with context:
        await MessageSequencePromise("a")
    assert [str(message) for message in told] == ["a"]


async def test_each_call_leaves_two_linked_records() -> None:
    store = Store()
    async with MiniAgents(on_persist_message=store):
        await echo.fork(alias="BOT", interaction_metadata={"team": "red"})("hi", mood="glad")
    (call,) = store.of(AgentCallNode)
    (reply,) = store.of(AgentReplyNode)
    assert (call.agent_alias, call["mood"], call["team"]) == ("BOT", "glad", "red")
    assert [str(message) for message in call.messages] == ["hi"]
    assert [str(message) for message in reply.replies] == ["hi", "glad echo"]
    assert reply.agent_call.hash_key == call.hash_key


async def test_records_come_after_the_messages_they_hold() -> None:
    store = Store()
    async with MiniAgents(on_persist_message=store):
        await echo("hi")
    order = [type(message) for message in store.messages]
    assert order.index(AgentCallNode) > 0
    assert order.index(AgentReplyNode) == len(order) - 1


async def test_without_a_handler_no_record_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise AssertionError("made a record that nobody wants")

    monkeypatch.setattr("miniagents.agents.miniagents.AgentCallNode", fail)
    async with MiniAgents():
        assert len(await echo("hi")) == 2


async def test_a_call_that_failed_is_recorded_as_far_as_it_got() -> None:
    store = Store()

    @miniagent
    async def failing(ctx: InteractionContext) -> None:
        ctx.reply("before")
        raise Boom

    async with MiniAgents(on_persist_message=store):
        with pytest.raises(Boom):
            await failing("hi")
    assert len(store.of(AgentCallNode)) == 1
    assert not store.of(AgentReplyNode)
    assert {str(message) for message in store.plain()} == {"hi", "before"}


async def test_recording_does_not_observe_errors() -> None:
    boom = Boom()

    @miniagent
    async def failing(ctx: InteractionContext) -> None:
        raise boom

    with pytest.raises(ExceptionGroup) as caught:
        async with MiniAgents(on_persist_message=Store()):
            reply = failing()
            await turns(10)
    assert caught.value.exceptions == (boom,)
    del reply


async def test_recording_starts_no_lazy_call() -> None:
    ran: list[str] = []

    @miniagent
    async def lazy(ctx: InteractionContext) -> None:
        ran.append("ran")

    async with MiniAgents(on_persist_message=Store()):
        reply = lazy(start_asap=False)
        await turns(10)
        assert not ran
        await reply


async def test_an_inner_context_tells_the_outer_one() -> None:
    outer, inner = Store(), Store()
    async with MiniAgents(on_persist_message=outer), MiniAgents(on_persist_message=inner):
        await echo("hi")
    for store in (outer, inner):
        assert {str(message) for message in store.plain()} == {"hi", "calm echo"}
        assert (len(store.of(AgentCallNode)), len(store.of(AgentReplyNode))) == (1, 1)


async def test_an_outer_store_hears_of_an_inner_context_without_one() -> None:
    store = Store()
    async with MiniAgents(on_persist_message=store), MiniAgents():
        await echo("hi")
    assert {str(message) for message in store.plain()} == {"hi", "calm echo"}
    assert len(store.of(AgentReplyNode)) == 1


async def test_handlers_have_to_be_async() -> None:
    with pytest.raises(TypeError, match="async def"):
        MiniAgents(on_persist_message=lambda _, __: None)  # type: ignore[arg-type, return-value]


async def test_all_is_told_before_the_context_is_closed() -> None:
    told: list[str] = []

    async def slowly(_: object, message: Message) -> None:
        await turns(10)
        told.append(str(message))

    async with MiniAgents(on_persist_message=slowly):
        echo("hi")
    assert {"hi", "calm echo"} <= set(told)


async def test_an_error_of_a_handler_is_not_lost() -> None:
    boom = Boom()

    async def failing(_: object, __: Message) -> None:
        raise boom

    with pytest.raises(ExceptionGroup) as caught:
        async with MiniAgents(on_persist_message=failing):
            await MessageSequencePromise("a")
    assert caught.value.exceptions == (boom,)
