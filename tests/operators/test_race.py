"""`race`: one wins, the others stop."""

import asyncio
import logging

import pytest

from miniagents import InteractionContext, MiniAgents, miniagent
from miniagents import operators as ops
from miniagents.core.errors import DeadlockError
from tests.operators.in_no_time import in_no_time, now
from tests.operators.scripted import Boom, scripted, tokens_of


@in_no_time
async def test_the_first_token_wins_and_the_losers_stop() -> None:
    slow, quick = scripted([5.0, "a"]), scripted([1.0, "b", 9.0, "c"])
    async with MiniAgents():
        assert await tokens_of(ops.race(slow.agent, quick.agent).inquire("x")) == (["b", "c"], None)
    assert slow.stopped == [1.0]


@in_no_time
async def test_of_two_at_the_same_time_the_first_one_wins() -> None:
    async with MiniAgents():
        reply = ops.race(scripted(["a"]).agent, scripted(["b"]).agent).inquire("x")
        assert await tokens_of(reply) == (["a"], None)


@in_no_time
async def test_who_fails_is_out_of_the_race(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        async with MiniAgents():
            reply = ops.race(scripted([Boom()]).agent, scripted([5.0, "fine"]).agent).inquire("x")
            assert await tokens_of(reply) == (["fine"], None)
    assert not caplog.records


@in_no_time
async def test_when_all_have_failed_their_errors_come_together() -> None:
    first, second = Boom("1"), Boom("2")
    async with MiniAgents():
        racing = ops.race(scripted([2.0, first], name="A").agent, scripted([second], name="B").agent)
        with pytest.raises(ExceptionGroup, match=r"race\(A, B\): all have failed") as caught:
            await racing.inquire("x")
    assert caught.value.exceptions == (second, first)


@in_no_time
async def test_the_winner_keeps_its_later_error() -> None:
    boom = Boom()
    async with MiniAgents():
        reply = ops.race(scripted(["half", boom]).agent, scripted([5.0, "slow"]).agent).inquire("x")
        assert await tokens_of(reply) == (["half"], boom)


@in_no_time
async def test_tokens_do_not_wait_for_losers_that_clean_up() -> None:
    @miniagent
    async def lingering(ctx: InteractionContext) -> None:
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(3)

    async with MiniAgents():
        assert await tokens_of(ops.race(lingering, scripted([1.0, "a"]).agent).inquire("x")) == (["a"], None)
        assert now() == 1
    assert now() == 4


@in_no_time
async def test_cancelling_the_race_stops_all() -> None:
    one, two = scripted([60.0]), scripted([60.0])
    async with MiniAgents():
        reply = ops.race(one.agent, two.agent).inquire("x")
        await asyncio.sleep(1)
        reply.cancel()
    assert one.stopped == two.stopped == [1.0]


@in_no_time
async def test_a_deadlock_through_a_race_is_found() -> None:
    @miniagent
    async def own_reply(ctx: InteractionContext) -> None:
        ctx.reply(str(await replies[0]))

    replies = []
    async with MiniAgents():
        replies.append(ops.race(own_reply, own_reply).inquire("x"))
        with pytest.raises((DeadlockError, ExceptionGroup)):
            await replies[0]


def test_wrong_arguments_are_named() -> None:
    with pytest.raises(ValueError, match="needs agents"):
        ops.race()
    with pytest.raises(TypeError, match="'a' is no agent"):
        ops.race("a")  # type: ignore[arg-type]
