"""Contexts inside contexts, and those who are told of what is resolved."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from miniagents import (
    InteractionContext,
    Message,
    MessageSequencePromise,
    MiniAgents,
    Promise,
    Promising,
    miniagent,
)
from miniagents.core.errors import WrongActiveContextError
from tests.laws.programs import Boom, turns


async def test_after_an_inner_context_the_outer_one_is_active_again() -> None:
    async with MiniAgents() as outer:
        async with MiniAgents() as inner:
            assert MiniAgents.current() is inner
        assert MiniAgents.current() is outer
        assert len(await MessageSequencePromise("a")) == 1


async def test_an_inner_context_waits_for_its_own_only() -> None:
    gate = asyncio.Event()

    @miniagent
    async def gated(ctx: InteractionContext) -> None:
        await gate.wait()
        ctx.reply("done")

    async with MiniAgents():
        reply = gated()
        async with MiniAgents():
            await MessageSequencePromise("a")
        gate.set()
        assert len(await reply) == 1


async def test_an_inner_context_tells_the_outer_one_what_is_resolved() -> None:
    seen: list[tuple[str, Any]] = []

    async def outer_hears(_: object, result: object) -> None:
        seen.append(("outer", result))

    async def inner_hears(_: object, result: object) -> None:
        seen.append(("inner", result))

    async def resolver(_: object) -> str:
        return "value"

    async with Promising(on_promise_resolved=outer_hears), Promising(on_promise_resolved=[inner_hears]):
        await Promise(resolver=resolver)
    assert sorted(seen) == [("inner", "value"), ("outer", "value")]


async def test_only_the_outer_one_may_listen() -> None:
    seen: list[object] = []

    async def hears(_: object, result: object) -> None:
        seen.append(result)

    async with MiniAgents(on_promise_resolved=hears), MiniAgents():
        message = Message("inside")
        await MessageSequencePromise(message)
    assert message in seen


async def test_contexts_are_closed_from_the_inside_out() -> None:
    outer = MiniAgents().activate()
    inner = MiniAgents().activate()
    with pytest.raises(WrongActiveContextError, match="inner one first"):
        await outer.afinalize()
    await inner.afinalize()
    await outer.afinalize()


async def test_what_an_inner_context_resolved_is_readable_outside() -> None:
    async with MiniAgents():
        async with MiniAgents():
            reply = MessageSequencePromise(["a", ["b"]])
        assert [str(message) for message in await reply] == ["a", "b"]


async def test_a_context_inside_an_agent_belongs_to_that_call() -> None:
    @miniagent
    async def agent(ctx: InteractionContext) -> None:
        async with MiniAgents():
            messages = await MessageSequencePromise(["from inside"])
        ctx.reply(messages)

    async with MiniAgents():
        assert [str(message) for message in await agent()] == ["from inside"]


async def test_a_handler_is_told_of_promises_of_every_kind() -> None:
    seen: list[object] = []
    async with MiniAgents() as context:

        @context.on_promise_resolved
        async def hears(_: object, result: object) -> None:
            seen.append(result)

        sequence = MessageSequencePromise(["a", Message("b")])
        messages = await sequence
        await turns(5)
    assert messages in seen
    assert set(messages) <= {message for message in seen if isinstance(message, Message)}


async def test_handlers_are_waited_for() -> None:
    log: list[str] = []

    async def handler(_: object, __: object) -> None:
        await turns(5)
        log.append("handled")

    async with Promising(on_promise_resolved=handler):
        await Promise(prefill_result=1)

        async def resolver(_: object) -> int:
            return 1

        await Promise(resolver=resolver)
    assert log


def test_a_handler_must_be_async() -> None:
    with pytest.raises(TypeError, match="async def"):
        Promising(on_promise_resolved=lambda _, __: None)  # type: ignore[arg-type, return-value]


async def test_an_error_of_a_handler_is_not_lost() -> None:
    boom = Boom()

    async def handler(_: object, __: object) -> None:
        raise boom

    async def resolver(_: object) -> int:
        return 1

    with pytest.raises(ExceptionGroup) as caught:
        async with Promising(on_promise_resolved=handler):
            await Promise(resolver=resolver)
    assert caught.value.exceptions == (boom,)
