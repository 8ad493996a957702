"""What becomes of errors that nobody has observed."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator
from typing import Any

import pytest

from miniagents import (
    InteractionContext,
    Message,
    MessageSequencePromise,
    MiniAgents,
    Promise,
    miniagent,
)
from miniagents import operators as ops
from tests.core.workers import failing
from tests.laws.programs import Boom, turns
from tests.laws.readers import by_iteration


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


async def test_the_death_of_an_agent_behind_an_observed_error_is_logged_only(caplog: pytest.LogCaptureFixture) -> None:
    @miniagent
    async def twice(ctx: InteractionContext) -> None:
        ctx.reply(Boom("first"))
        raise Boom("second")

    async with MiniAgents():
        reply = twice()
        await turns(3)
        with pytest.raises(Boom, match="first"):
            await reply
    assert "second" in caplog.text
    del reply


async def test_a_message_that_fails_behind_an_observed_error_is_logged_only(caplog: pytest.LogCaptureFixture) -> None:
    async def streamer(_: object) -> AsyncIterator[str]:
        yield "token"
        raise Boom("second")

    @miniagent
    async def twice(ctx: InteractionContext) -> None:
        ctx.reply(Boom("first"))
        await turns(5)
        ctx.reply(Message.promise(message_token_streamer=streamer))

    async with MiniAgents():
        reply = twice()
        with pytest.raises(Boom, match="first"):
            await reply
    assert "second" in caplog.text
    del reply


FORWARDING: dict[str, Any] = {
    "flatten": ops.flatten(),
    "merge_all": ops.merge_all(),
    "map_tokens": ops.map_tokens(str.upper),
    "map_messages": ops.map_messages(lambda message: message),
    "filter_messages": ops.filter_messages(lambda message: True),
    "as_single_promise": ops.as_single_promise(),
    "chain": ops.chain(ops.flatten(), ops.map_tokens(str.upper)),
}


@pytest.mark.parametrize("operator", FORWARDING)
async def test_an_operator_that_forwards_an_error_does_not_observe_it(operator: str) -> None:
    boom = Boom()
    with pytest.raises(ExceptionGroup) as caught:
        async with MiniAgents():
            source = failing(error=boom)
            forwarded = source.pipe(FORWARDING[operator])
            await turns(8)
    assert caught.value.exceptions == (boom,)
    del source, forwarded


@pytest.mark.parametrize("operator", FORWARDING)
async def test_an_error_is_observed_through_an_operator(operator: str) -> None:
    async with MiniAgents():
        source = failing(error=Boom())
        with pytest.raises(Boom):
            await source.pipe(FORWARDING[operator])
        del source


async def test_a_resolver_does_not_observe_what_it_hands_through() -> None:
    boom = Boom()
    sources: list[MessageSequencePromise] = []

    async def resolver(_: object) -> None:
        await sources[0]

    with pytest.raises(ExceptionGroup) as caught:
        async with MiniAgents():
            sources.append(failing(error=boom))
            promise = Promise(resolver=resolver)
            await turns(5)
    assert caught.value.exceptions == (boom,)
    del promise


async def test_settled_and_quiet_batches_look_without_observing() -> None:
    boom = Boom()
    with pytest.raises(ExceptionGroup) as caught:
        async with MiniAgents():
            source = failing(error=boom)
            assert await source.settled() is boom
            assert [batch async for batch in source.batches(observe=False)] == []
    assert caught.value.exceptions == (boom,)
    del source


async def test_an_error_before_what_contains_itself_is_enough(caplog: pytest.LogCaptureFixture) -> None:
    replies: list[MessageSequencePromise] = []
    before = Message("from before the context").as_promise

    @miniagent
    async def containing(ctx: InteractionContext) -> None:
        ctx.reply([Boom("first"), before, failing(error=Boom("second")), replies[0]])

    async with MiniAgents():
        replies.append(containing.inquire())
        with pytest.raises(Boom, match="first"):
            await replies[0]
        await turns(5)
    assert "second" in caplog.text


async def test_messages_that_fail_behind_the_first_that_does_are_logged_only(caplog: pytest.LogCaptureFixture) -> None:
    async def streamer(_: object) -> AsyncIterator[str]:
        yield "token"
        raise Boom("each")

    async with MiniAgents():
        promises = [Message.promise(message_token_streamer=streamer) for _ in range(3)]
        await turns(5)
        with pytest.raises(Boom):
            await MessageSequencePromise(promises)
    assert caplog.text.count("Boom: each") == 2
    del promises


async def test_an_observed_error_mutes_nothing_that_does_not_stand_behind_it() -> None:
    boom = Boom("unseen")

    @miniagent
    async def late(ctx: InteractionContext) -> None:
        await turns(10)
        ctx.reply(failing(error=boom))

    with pytest.raises(ExceptionGroup) as caught:
        async with MiniAgents():
            reply = late()
            with pytest.raises(Boom, match="seen"):
                await MessageSequencePromise([Boom("seen"), "behind"])
    assert caught.value.exceptions == (boom,)
    del reply
