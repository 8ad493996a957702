"""Contexts: how they are entered, closed and nested, and what becomes of errors that nobody observed."""

from __future__ import annotations

import asyncio
import gc
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
from miniagents.core.errors import NoActiveContextError, WrongActiveContextError
from tests.laws.programs import Boom, turns
from tests.laws.readers import by_iteration


@miniagent
async def failing(_: InteractionContext, error: Any) -> None:
    raise error


@miniagent
async def slow(ctx: InteractionContext, log: list[str]) -> None:
    await turns(5)
    log.append("done")
    ctx.reply("done")


# --- entering and leaving


async def test_leaving_waits_for_everything() -> None:
    log: list[str] = []
    async with MiniAgents():
        slow(log=log)
    assert log == ["done"]


async def test_activate_and_afinalize_do_the_same_without_a_block() -> None:
    log: list[str] = []
    context = MiniAgents().activate()
    slow(log=log)
    await context.afinalize()
    assert log == ["done"]


def test_run_returns_the_value_of_its_coroutine() -> None:
    async def main() -> int:
        return len(await MessageSequencePromise(["a", "b"]))

    assert MiniAgents().run(main()) == 2


def test_run_lets_the_error_of_its_coroutine_out_as_itself() -> None:
    async def main() -> None:
        raise Boom

    with pytest.raises(Boom):
        MiniAgents().run(main())


def test_run_takes_an_awaitable() -> None:
    async def main() -> None: ...

    with pytest.raises(TypeError, match=r"run\(main\(\)\)"):
        MiniAgents().run(main)  # type: ignore[arg-type]


async def test_run_inside_a_running_loop_says_what_to_use() -> None:
    async def main() -> None: ...

    with pytest.raises(RuntimeError, match="async with"):
        MiniAgents().run(main())


def test_a_plain_with_says_what_to_use() -> None:
    with pytest.raises(RuntimeError, match="async with"), MiniAgents():
        pass


def test_activate_needs_a_running_loop() -> None:
    with pytest.raises(RuntimeError, match="event loop"):
        MiniAgents().activate()


async def test_a_context_is_not_reentrant() -> None:
    context = MiniAgents()
    async with context:
        with pytest.raises(RuntimeError, match="not reentrant"):
            context.activate()
    with pytest.raises(RuntimeError, match="not reentrant"):
        async with context:
            pass


async def test_finalizing_comes_after_activating_and_once() -> None:
    with pytest.raises(RuntimeError, match=r"activate\(\)"):
        await MiniAgents().afinalize()
    context = MiniAgents().activate()
    await context.afinalize()
    with pytest.raises(RuntimeError, match="not active"):
        await context.afinalize()


async def test_without_a_context_a_call_says_how_to_get_one() -> None:
    with pytest.raises(NoActiveContextError, match="async with MiniAgents"):
        slow(log=[])
    with pytest.raises(NoActiveContextError):
        MessageSequencePromise("a")


async def test_after_its_end_there_is_no_context() -> None:
    async with MiniAgents():
        pass
    with pytest.raises(NoActiveContextError):
        slow(log=[])


async def test_current_is_the_innermost_of_its_kind() -> None:
    with pytest.raises(NoActiveContextError):
        MiniAgents.current()
    async with MiniAgents() as outer:
        assert MiniAgents.current() is outer
        async with Promising() as inner:
            assert Promising.current() is inner
            assert MiniAgents.current() is outer


async def test_code_that_shares_no_context_variables_finds_an_activated_one() -> None:
    async def startup() -> MiniAgents:
        return MiniAgents().activate()

    async def handler() -> int:
        return len(await MessageSequencePromise(["a"]))

    context = await asyncio.create_task(startup())
    assert await asyncio.create_task(handler()) == 1
    await asyncio.create_task(context.afinalize())


async def test_a_context_of_another_loop_is_not_taken() -> None:
    async def elsewhere() -> None:
        with pytest.raises(WrongActiveContextError, match="another event loop"):
            MessageSequencePromise("a")
        async with MiniAgents():
            assert len(await MessageSequencePromise("a")) == 1

    async with MiniAgents():
        await asyncio.to_thread(asyncio.run, elsewhere())


async def test_what_was_not_resolved_says_that_its_context_has_closed() -> None:
    async with MiniAgents():
        lazy = slow(start_asap=False, log=[])
    with pytest.raises(NoActiveContextError, match="SLOW.*closed"):
        await lazy


# --- nesting


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


# --- handlers


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


# --- errors that nobody observed


async def test_an_unobserved_error_is_raised_when_the_context_closes() -> None:
    boom = Boom()
    with pytest.raises(ExceptionGroup) as caught:
        async with MiniAgents():
            reply = failing(error=boom)
    assert caught.value.exceptions == (boom,)
    del reply


async def test_an_error_that_was_awaited_is_not_raised_again() -> None:
    async with MiniAgents():
        reply = failing(error=Boom())
        with pytest.raises(Boom):
            await reply


async def test_an_error_is_observed_through_whatever_forwards_it() -> None:
    @miniagent
    async def forwarding(ctx: InteractionContext) -> None:
        ctx.reply([ctx.message_promises])

    async with MiniAgents():
        source = failing(error=Boom())
        reply = forwarding(forwarding(source))
        assert isinstance((await by_iteration(reply)).end, Boom)
    del source


async def test_an_error_that_is_only_forwarded_is_raised_once() -> None:
    @miniagent
    async def forwarding(ctx: InteractionContext) -> None:
        ctx.reply(ctx.message_promises)

    boom = Boom()
    with pytest.raises(ExceptionGroup) as caught:
        async with MiniAgents():
            source = failing(error=boom)
            replies = [forwarding(source), forwarding(source)]
    assert caught.value.exceptions == (boom,)
    del replies, source


async def test_an_agent_that_dies_of_an_error_carries_it_anew() -> None:
    @miniagent
    async def awaiting(ctx: InteractionContext) -> None:
        await ctx.message_promises

    boom = Boom()
    with pytest.raises(ExceptionGroup) as caught:
        async with MiniAgents():
            reply = awaiting(failing(error=boom))
    assert caught.value.exceptions == (boom,)
    del reply


async def test_a_dropped_error_is_logged_with_its_agent_trace(caplog: pytest.LogCaptureFixture) -> None:
    @miniagent
    async def outer(_: InteractionContext) -> None:
        failing(error=Boom("lost"))
        await turns(5)
        gc.collect()

    async with MiniAgents():
        await outer()
        gc.collect()
        await turns(3)
        assert "lost" in caplog.text
        assert "OUTER -> FAILING" in caplog.text


async def test_a_log_shows_frames_of_the_user_only(caplog: pytest.LogCaptureFixture) -> None:
    async with MiniAgents(on_unobserved_error="log"):
        reply = failing(error=Boom("lost"))
    assert "in failing" in caplog.text
    assert "miniagents/core" not in caplog.text
    del reply


async def test_an_error_of_a_kicked_off_agent_is_kept_and_raised() -> None:
    boom = Boom()
    with pytest.raises(ExceptionGroup) as caught:
        async with MiniAgents():
            failing.kick_off(error=boom)
            await turns(5)
            gc.collect()
    assert caught.value.exceptions == (boom,)


async def test_a_failing_message_of_a_kicked_off_agent_is_kept_and_raised() -> None:
    boom = Boom()

    async def streamer(_: object) -> Any:
        yield "a"
        raise boom

    @miniagent
    async def agent(ctx: InteractionContext) -> None:
        ctx.reply(Message.promise(message_token_streamer=streamer))

    with pytest.raises(ExceptionGroup) as caught:
        async with MiniAgents():
            agent.kick_off()
            await turns(8)
            gc.collect()
    assert caught.value.exceptions == (boom,)


async def test_after_activate_an_error_of_a_kicked_off_agent_is_logged_at_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    context = MiniAgents().activate()
    failing.kick_off(error=Boom("lost"))
    await turns(5)
    assert "lost" in caplog.text
    await context.afinalize()


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(7)])
async def test_an_unobserved_exit_leaves_as_itself(error: BaseException) -> None:
    caught: BaseException | None = None
    try:
        async with MiniAgents():
            failing.kick_off(error=error)
            other = failing(error=Boom())
    except BaseException as raised:  # noqa: BLE001 - an exit is no Exception
        caught = raised
    assert caught is error
    del other


async def test_the_error_of_the_body_leaves_as_itself(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(ZeroDivisionError):
        async with MiniAgents():
            reply = failing(error=Boom("also"))
            await turns(3)
            raise ZeroDivisionError
    assert "also" in caplog.text
    del reply


async def test_an_observed_error_that_leaves_the_body_is_the_error_of_the_body() -> None:
    with pytest.raises(Boom):
        async with MiniAgents():
            await failing(error=Boom())


async def test_an_error_behind_an_observed_one_is_logged_only(caplog: pytest.LogCaptureFixture) -> None:
    async with MiniAgents():
        sequence = MessageSequencePromise([failing(error=Boom("first")), failing(error=Boom("second"))])
        with pytest.raises(Boom, match="first"):
            await sequence
        await turns(5)
    assert "second" in caplog.text
    del sequence


async def test_an_error_that_comes_later_behind_an_observed_one_is_logged_only(
    caplog: pytest.LogCaptureFixture,
) -> None:
    @miniagent
    async def late(_: InteractionContext) -> None:
        await turns(10)
        raise Boom("second")

    async with MiniAgents():
        sequence = MessageSequencePromise([failing(error=Boom("first")), late()])
        with pytest.raises(Boom, match="first"):
            await sequence
    assert "second" in caplog.text
    del sequence


async def test_the_policy_log_logs(caplog: pytest.LogCaptureFixture) -> None:
    async with MiniAgents(on_unobserved_error="log"):
        failing.kick_off(error=Boom("lost"))
    assert "lost" in caplog.text
    assert "FAILING" in caplog.text


async def test_a_policy_may_be_a_function() -> None:
    seen: list[tuple[BaseException, str]] = []
    boom = Boom()
    async with MiniAgents(on_unobserved_error=lambda error, trace: seen.append((error, trace))):
        failing.kick_off(error=boom)
    assert seen == [(boom, "FAILING")]


def test_an_unknown_policy_is_refused() -> None:
    with pytest.raises(ValueError, match="'raise', 'log'"):
        MiniAgents(on_unobserved_error="ignore")  # type: ignore[arg-type]
