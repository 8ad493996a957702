"""`limit`: so many at once, the others in order."""

import asyncio

import pytest

from miniagents import InteractionContext, MiniAgent, MiniAgents, miniagent
from miniagents import operators as ops
from miniagents.core.errors import DeadlockError, PromiseCancelledError
from tests.laws.clock import run_in_no_time
from tests.operators.in_no_time import in_no_time, now
from tests.operators.scripted import Boom, scripted, tokens_of


@in_no_time
async def test_so_many_run_at_once_and_the_others_in_order() -> None:
    work = scripted([10.0, "done"])
    limited = ops.limit(work.agent, 2)
    async with MiniAgents():
        for _ in range(5):
            limited.inquire("x")
    assert work.started == [0, 0, 10, 10, 20]


@in_no_time
async def test_forks_and_chains_share_the_places() -> None:
    work = scripted([10.0, "done"])
    limited = ops.limit(work.agent, 1)
    async with MiniAgents():
        limited.inquire("x")
        limited.fork(alias="OTHER").inquire("x")
        (limited | scripted([]).agent).inquire("x")
    assert work.started == [0, 10, 20]


@in_no_time
async def test_a_place_is_free_when_the_call_has_stopped_also_after_an_error() -> None:
    work = scripted([1.0, Boom()])
    limited = ops.limit(work.agent, 1)
    async with MiniAgents():
        replies = [limited.inquire("x") for _ in range(3)]
        for reply in replies:
            assert isinstance((await tokens_of(reply))[1], Boom)
    assert work.started == [0, 1, 2]


@in_no_time
async def test_who_is_cancelled_while_waiting_leaves_the_queue() -> None:
    work = scripted([10.0, "done"])
    limited = ops.limit(work.agent, 1)
    async with MiniAgents():
        _, second, third = [limited.inquire("x") for _ in range(3)]
        await asyncio.sleep(1)
        assert second.cancel()
        with pytest.raises(PromiseCancelledError):
            await second
        await third
    assert work.started == [0, 10]


@in_no_time
async def test_a_cancelled_call_gives_its_place_back_after_its_cleanup() -> None:
    @miniagent
    async def lingering(ctx: InteractionContext) -> None:
        starts.append(now())
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(3)

    starts: list[float] = []
    limited = ops.limit(lingering, 1)
    async with MiniAgents():
        first, second = limited.inquire("x"), limited.inquire("x")
        await asyncio.sleep(1)
        first.cancel()
        await asyncio.sleep(10)
        second.cancel()
    assert starts == [0, 4]


@in_no_time
async def test_who_is_cancelled_at_the_moment_of_its_turn_hands_it_on() -> None:
    work = scripted([10.0, "done"])
    limited = ops.limit(work.agent, 1)
    async with MiniAgents():
        first, second, _ = [limited.inquire("x") for _ in range(3)]
        first.subscribe(lambda promise: promise.subscribe(on_completed=second.cancel))
    assert work.started == [0, 10]


@in_no_time
async def test_the_end_of_the_reply_does_not_wait_for_what_goes_on_behind_it() -> None:
    @miniagent
    async def early(ctx: InteractionContext) -> None:
        ctx.reply("here")
        await ctx.finish_early()
        await asyncio.sleep(5)

    async with MiniAgents():
        limited = ops.limit(early, 1)
        await limited.inquire("x")
        assert now() == 0
        await limited.inquire("x")
        assert now() == 5


@in_no_time
async def test_a_call_that_waits_for_its_messages_takes_no_place() -> None:
    slow, work = scripted([10.0, "a"]), scripted([1.0, "b"])

    @miniagent
    async def after_all(ctx: InteractionContext) -> None:
        await ctx.message_promises
        ctx.reply(work.agent.inquire())

    limited = ops.limit(after_all, 1)
    async with MiniAgents():
        (slow.agent | limited).inquire("x")
        await limited.inquire("x")
        assert now() == 1


@pytest.mark.parametrize("start_asap", [True, False])
@in_no_time
async def test_one_place_is_enough_for_a_chain_of_the_same_agent(start_asap: bool) -> None:
    async with MiniAgents(start_asap=start_asap):
        limited = ops.limit(scripted([1.0, "a"]).agent, 1)
        assert await tokens_of((limited | limited | limited).inquire("x")) == (["a"], None)


@in_no_time
async def test_a_call_inside_the_only_one_that_may_run_gets_an_error_at_once() -> None:
    @miniagent
    async def nested(ctx: InteractionContext, depth: int = 1) -> None:
        ctx.reply("bottom" if not depth else limited.inquire(depth=depth - 1))

    limited: MiniAgent = ops.limit(nested, 1)
    async with MiniAgents():
        with pytest.raises(DeadlockError, match=r"limit\(NESTED\).*raise `concurrency`"):
            await limited.inquire()
        assert str((await ops.limit(nested, 2).inquire(depth=0))[0]) == "bottom"


def test_every_event_loop_has_places_of_its_own() -> None:
    limited = ops.limit(scripted([1.0, "a"]).agent, 1)

    async def ask() -> int:
        async with MiniAgents():
            return len(await limited.inquire("x"))

    assert [run_in_no_time(ask()), run_in_no_time(ask())] == [1, 1]


@pytest.mark.parametrize("concurrency", [0, -3])
def test_at_least_one_is_let_through(concurrency: int) -> None:
    with pytest.raises(ValueError, match=f"concurrency={concurrency}"):
        ops.limit(scripted([]).agent, concurrency)


def test_wrong_arguments_are_named() -> None:
    with pytest.raises(TypeError, match=r"concurrency=1\.5"):
        ops.limit(scripted([]).agent, 1.5)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="<built-in function len> is no agent"):
        ops.limit(len, 1)  # type: ignore[arg-type]
