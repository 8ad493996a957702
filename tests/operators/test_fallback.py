"""`fallback`: the next one, as long as nothing has gone out."""

import pytest

from miniagents import InteractionContext, MiniAgents, miniagent
from miniagents import operators as ops
from tests.operators.in_no_time import in_no_time, now
from tests.operators.scripted import Boom, scripted, tokens_of


@in_no_time
async def test_the_next_one_is_asked_when_one_fails_at_once() -> None:
    first, second, third = scripted([Boom()]), scripted(["fine"]), scripted(["never asked"])
    async with MiniAgents():
        reply = ops.fallback(first.agent, second.agent, third.agent).inquire("x")
        assert await tokens_of(reply) == (["fine"], None)
    assert not third.started


@in_no_time
async def test_after_the_first_token_an_error_is_an_error() -> None:
    boom = Boom()
    async with MiniAgents():
        reply = ops.fallback(scripted(["half", boom]).agent, scripted(["never asked"]).agent).inquire("x")
        assert await tokens_of(reply) == (["half"], boom)


@in_no_time
async def test_the_last_error_tells_what_came_before_it() -> None:
    first, second, third = Boom("1"), Boom("2"), Boom("3")
    async with MiniAgents():
        reply = ops.fallback(*[scripted([boom]).agent for boom in (first, second, third)]).inquire("x")
        assert await tokens_of(reply) == ([], third)
    assert (third.__context__, second.__context__, first.__context__) == (second, first, None)


@in_no_time
async def test_one_error_of_all_of_them_is_not_its_own_context() -> None:
    boom = Boom()
    async with MiniAgents():
        assert await tokens_of(ops.fallback(*[scripted([boom]).agent] * 3).inquire("x")) == ([], boom)
    assert boom.__context__ is None


@in_no_time
async def test_a_slow_one_is_given_up_by_a_timeout() -> None:
    slow, quick = scripted([60.0, "late"]), scripted(["quick"])
    async with MiniAgents():
        either = ops.fallback(ops.timeout(slow.agent, first_token=5), quick.agent)
        assert await tokens_of(either.inquire("x")) == (["quick"], None)
        assert now() == 5
    assert slow.stopped == [5.0]


@in_no_time
async def test_the_same_messages_go_to_all() -> None:
    async with MiniAgents():
        asked = scripted(["question"]).agent | ops.fallback(scripted([Boom()]).agent, scripted(["answer"]).agent)
        assert await tokens_of(asked.inquire("x")) == (["answer"], None)


@in_no_time
async def test_no_reply_at_all_is_a_reply() -> None:
    @miniagent
    async def silent(ctx: InteractionContext) -> None: ...

    async with MiniAgents():
        assert await ops.fallback(silent, scripted(["never asked"]).agent).inquire("x") == ()


def test_wrong_arguments_are_named() -> None:
    with pytest.raises(ValueError, match="needs agents"):
        ops.fallback()
    with pytest.raises(TypeError, match="None is no agent"):
        ops.fallback(scripted([]).agent, None)  # type: ignore[arg-type]
    assert ops.fallback(scripted([], name="A").agent, scripted([], name="B").agent).alias == "fallback(A, B)"
