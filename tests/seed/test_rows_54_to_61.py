"""Rows 54 to 61: handlers, agents with a class or a memory, tracebacks, flattening."""

import asyncio
from pathlib import Path

import pytest
from pydantic import BaseModel

import miniagents
from miniagents import InteractionContext, Message, MessageSequencePromise, MiniAgents, Promise, miniagent
from miniagents.agents.nodes import AgentCallNode, AgentReplyNode
from tests.seed.seen import texts


@miniagent
async def echo(ctx: InteractionContext) -> None:
    ctx.reply(ctx.message_promises)


async def persisted(message: Message) -> list[Message]:
    seen: list[Message] = []

    async def keep(_: object, kept: Message) -> None:
        seen.append(kept)

    async with MiniAgents(on_persist_message=keep):
        await echo.inquire(message)
    return seen


async def test_row_54_every_message_is_persisted_once_and_those_inside_come_first() -> None:
    inner = Message("inner")
    seen = await persisted(Message("outer", inner=inner))
    assert [str(message) for message in seen if type(message) is Message] == ["inner", "outer"]


async def test_row_54_a_handler_may_be_a_decorated_function() -> None:
    mini_agents, seen = MiniAgents(), []

    @mini_agents.on_persist_message
    async def keep(_: object, message: Message) -> None:
        seen.append(str(message))

    async with mini_agents:
        await Message("a").as_promise
    assert seen == ["a"]


async def test_row_55_a_handler_is_told_of_every_promise_also_of_those_of_an_inner_context() -> None:
    results: list[object] = []

    async def note(_: object, result: object) -> None:
        results.append(result)

    async def seven(_: object) -> int:
        return 7

    async with MiniAgents(on_promise_resolved=note), MiniAgents():
        await Promise(resolver=seven)
    assert results == [7]


async def test_row_56_calls_and_replies_are_recorded_and_linked() -> None:
    seen = await persisted(Message("hi"))
    [call] = [message for message in seen if isinstance(message, AgentCallNode)]
    [reply] = [message for message in seen if isinstance(message, AgentReplyNode)]
    assert (call.agent_alias, call.messages, reply.replies) == ("ECHO", (Message("hi"),), (Message("hi"),))
    assert reply.agent_call is call
    assert call.hash_key in str(reply.serialize())


async def test_row_57_a_class_is_an_agent_with_a_fresh_instance_per_call() -> None:
    @miniagent
    class Counter(BaseModel):
        ctx: InteractionContext
        count: int = 0

        async def __call__(self) -> None:
            self.count += 1
            self.ctx.reply(f"{self.count}")

    async with MiniAgents():
        assert await texts(Counter.inquire()) + await texts(Counter.inquire(count=5)) == ["1", "6"]
        assert await texts(Counter.inquire()) == ["1"]


async def test_row_58_mutable_state_is_not_frozen() -> None:
    @miniagent
    async def counter(ctx: InteractionContext, log: list[str]) -> None:
        log.append("called")
        ctx.reply(f"{len(log)}")

    mine = counter.fork(mutable_state={"log": []})
    async with MiniAgents():
        assert await texts(mine.inquire()) + await texts(mine.inquire()) == ["1", "2"]


async def test_row_59_a_logged_traceback_has_frames_of_the_user_only(caplog: pytest.LogCaptureFixture) -> None:
    @miniagent
    async def failing(ctx: InteractionContext) -> None:
        raise ValueError("boom")

    @miniagent
    async def caller(ctx: InteractionContext) -> None:
        await failing.inquire()

    async with MiniAgents(on_unobserved_error="log"):
        caller.kick_off()
    assert "in failing\n" in caplog.text
    assert "CALLER -> FAILING" in caplog.text
    assert str(Path(miniagents.__file__).parent) not in caplog.text


async def test_row_61_lists_in_lists_in_sequences_are_one_flat_stream_begun_at_the_same_time() -> None:
    running, most = 0, 0

    @miniagent
    async def leaf(ctx: InteractionContext, name: str) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.001)
        running -= 1
        ctx.reply(name)

    async with MiniAgents():
        inner = MessageSequencePromise([leaf.inquire(name="b"), ["c", [leaf.inquire(name="d")]]])
        assert await texts(MessageSequencePromise([leaf.inquire(name="a"), [inner, ["e"]]])) == list("abcde")
    assert most == 3
