"""`timeout`: what came stays, and then comes the error."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from miniagents import InteractionContext, Message, MessagePromise, MessageSequencePromise, MiniAgents, miniagent
from miniagents import operators as ops
from miniagents.core.errors import PromiseCancelledError
from tests.operators.in_no_time import in_no_time, now
from tests.operators.scripted import Boom, scripted, tokens_of


@in_no_time
async def test_what_came_stays_and_the_error_names_the_agent_and_the_limit() -> None:
    stalling = scripted(["one ", 60.0, "two"], name="WRITER")
    async with MiniAgents():
        tokens, error = await tokens_of(ops.timeout(stalling.agent, between_tokens=5).inquire("x"))
    assert tokens == ["one "]
    assert isinstance(error, TimeoutError)
    assert str(error) == "WRITER gave nothing for 5 s (between_tokens)"
    assert stalling.stopped == [5.0]


@in_no_time
async def test_no_first_token() -> None:
    silent = scripted([60.0, "late"])
    async with MiniAgents():
        with pytest.raises(TimeoutError, match=r"A gave nothing within 3 s \(first_token\)"):
            await ops.timeout(silent.agent, first_token=3, between_tokens=1).inquire("x")
    assert silent.stopped == [3.0]


@in_no_time
async def test_tokens_in_time_are_no_reason() -> None:
    steady = scripted([2.0, "a", 2.0, "b", 2.0, "c"])
    async with MiniAgents():
        timed = ops.timeout(steady.agent, first_token=3, between_tokens=3, total=7)
        assert await tokens_of(timed.inquire("x")) == (["a", "b", "c"], None)


@in_no_time
async def test_the_total_ends_a_reply_that_goes_on() -> None:
    endless = scripted(["a", *[1.0, "b"] * 100])
    async with MiniAgents():
        tokens, error = await tokens_of(ops.timeout(endless.agent, between_tokens=3, total=4.5).inquire("x"))
    assert "".join(tokens) == "abbbb"
    assert str(error) == "A was not done within 4.5 s (total)"


@in_no_time
async def test_message_and_reply_end_with_the_same_error_and_one_look_is_enough() -> None:
    @miniagent
    async def stalling(ctx: InteractionContext) -> None:
        ctx.reply(Message.promise(message_token_streamer=_stall))
        await asyncio.sleep(60)

    async with MiniAgents():
        reply = ops.timeout(stalling, first_token=1).inquire("x")
        promise = await anext(aiter(reply))
        with pytest.raises(TimeoutError) as caught:
            await promise
        with pytest.raises(TimeoutError) as again:
            await reply
        assert again.value is caught.value


async def _stall(_: dict[str, Any]) -> AsyncIterator[str]:
    await asyncio.sleep(60)
    yield "late"


@in_no_time
async def test_the_error_comes_when_the_call_has_stopped() -> None:
    lines: list[str] = []

    @miniagent
    async def lingering(ctx: InteractionContext) -> None:
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(1)
            lines.append("closed")

    async with MiniAgents():
        with pytest.raises(TimeoutError):
            await ops.timeout(lingering, total=2).inquire("x")
        assert lines == ["closed"]
        assert now() == 3


@in_no_time
async def test_who_does_not_want_to_stop_is_not_waited_for_beyond_the_time_of_grace() -> None:
    @miniagent
    async def stubborn(ctx: InteractionContext) -> None:
        until = now() + 30
        while now() < until:
            try:
                await asyncio.sleep(until - now())
            except asyncio.CancelledError:
                continue

    async with MiniAgents():
        with pytest.raises(TimeoutError):
            await ops.timeout(stubborn, total=2).inquire("x")
        assert now() == 2 + MiniAgents.grace_seconds


@in_no_time
async def test_the_first_token_counts_from_when_everything_was_sent() -> None:
    slow, quick = scripted([20.0, "a"], name="SLOW"), scripted([1.0, "b"], name="QUICK")

    @miniagent
    async def after_all(ctx: InteractionContext) -> None:
        await ctx.message_promises
        ctx.reply(quick.agent.inquire())

    async with MiniAgents():
        piped = slow.agent | ops.timeout(after_all, first_token=3)
        assert await tokens_of(piped.inquire("x")) == (["b"], None)


@in_no_time
async def test_an_error_of_the_agent_stays_its_own() -> None:
    boom = Boom()
    async with MiniAgents():
        timed = ops.timeout(scripted(["a", boom]).agent, total=5)
        assert await tokens_of(timed.inquire("x")) == (["a"], boom)


@in_no_time
async def test_a_message_is_the_very_same_object_with_its_fields() -> None:
    made: list[MessagePromise] = []

    async def stream(metadata: dict[str, Any]) -> AsyncIterator[str]:
        metadata["model"] = "m"
        await asyncio.sleep(1)
        yield "hi"

    @miniagent
    async def agent(ctx: InteractionContext) -> None:
        made.append(Message.promise(message_token_streamer=stream, role="assistant"))
        ctx.reply(made[0])

    async with MiniAgents():
        promise = await anext(aiter(ops.timeout(agent, total=5).inquire("x")))
        assert promise.preliminary_metadata.as_kwargs() == {"role": "assistant"}
        assert await promise is await made[0]


@in_no_time
async def test_a_message_that_is_cancelled_stops_where_it_is_made() -> None:
    slow = scripted(["a", 60.0])
    async with MiniAgents():
        promise = await anext(aiter(ops.timeout(slow.agent, total=100).inquire("x")))
        assert await anext(aiter(promise)) == "a"
        assert promise.cancel()
        with pytest.raises(PromiseCancelledError):
            await promise
    assert slow.stopped == [0.0]


@in_no_time
async def test_a_timeout_that_nobody_observes_is_raised_at_the_end_once() -> None:
    with pytest.raises(ExceptionGroup) as caught:
        async with MiniAgents():
            ops.timeout(scripted(["a", 60.0]).agent, total=1).kick_off("x")
    assert [type(error) for error in caught.value.exceptions] == [TimeoutError]


@in_no_time
async def test_several_messages_at_once_are_all_watched() -> None:
    first, second = scripted(["a", 9.0, "A"]), scripted([*["b", 1.0] * 8])
    async with MiniAgents():
        timed = ops.timeout(first.agent & second.agent, between_tokens=2)
        assert await tokens_of(timed.inquire("x")) == (["a", "A", *"bbbbbbbb"], None)


@in_no_time
async def test_retry_takes_it_for_any_other_error() -> None:
    flaky = scripted([60.0], ["fine"])
    async with MiniAgents():
        retried = ops.retry(ops.timeout(flaky.agent, first_token=5))
        assert await tokens_of(retried.inquire("x")) == (["fine"], None)


@in_no_time
async def test_what_a_timer_will_end_is_no_deadlock() -> None:
    @miniagent
    async def own_reply(ctx: InteractionContext) -> None:
        await replies[0]

    replies: list[MessageSequencePromise] = []
    async with MiniAgents():
        replies.append(ops.timeout(own_reply, total=30).inquire("x"))
        with pytest.raises(TimeoutError):
            await replies[0]
        assert now() == 30


@in_no_time
async def test_a_call_whose_messages_never_end_is_limited_by_the_total() -> None:
    @miniagent
    async def listener(ctx: InteractionContext) -> None:
        await ctx.message_promises

    async with MiniAgents():
        call = ops.timeout(listener, first_token=1, total=3).initiate_inquiry()
        with pytest.raises(TimeoutError, match="total"):
            await call.reply_sequence(close_request_sequence=False)
        assert now() == 3
        call.finish()


@in_no_time
async def test_in_a_lazy_context_the_clock_starts_with_the_first_look() -> None:
    silent = scripted([60.0])
    async with MiniAgents(start_asap=False):
        reply = ops.timeout(silent.agent, first_token=3).inquire("x")
        await asyncio.sleep(10)
        with pytest.raises(TimeoutError):
            await reply
    assert silent.stopped == [13.0]


@pytest.mark.parametrize("seconds", [0, -1, float("nan")])
def test_a_limit_is_more_than_nothing(seconds: float) -> None:
    with pytest.raises(ValueError, match=f"first_token={seconds}"):
        ops.timeout(scripted([]).agent, first_token=seconds)


def test_wrong_arguments_are_named() -> None:
    agent = scripted([]).agent
    with pytest.raises(ValueError, match="at least one limit"):
        ops.timeout(agent)
    with pytest.raises(TypeError, match="total='5'"):
        ops.timeout(agent, total="5")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="<class 'int'> is no agent"):
        ops.timeout(int, total=5)  # type: ignore[arg-type]
