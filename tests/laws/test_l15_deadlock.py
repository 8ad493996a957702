"""L15: agents that wait for each other in a cycle get an error that names it, within a second; nobody else does."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from miniagents import InteractionContext, MiniAgents, Promise, miniagent
from miniagents.core.errors import DeadlockError
from tests.laws.clock import run_in_no_time
from tests.laws.examples import examples
from tests.laws.waiting import WAYS, Replies, Waiting, by_await, seconds_until_error, waiting, ways


@given(st.lists(ways, min_size=2, max_size=6), st.integers(0, 3))
@examples(30)
def test_a_cycle_of_agents_is_named_within_a_second(cycle: list[Waiting], outside: int) -> None:
    async def main() -> object:
        replies: Replies = {}
        size = len(cycle)
        for index, way in enumerate(cycle):
            agent = waiting.fork(alias=f"MEMBER_{index}")
            replies[index] = agent(way=way, replies=replies, whom=(index + 1) % size)
        for index in range(outside):
            replies[size + index] = waiting(way=by_await, replies=replies, whom=index % size)
        return await replies[0]

    error, seconds = seconds_until_error(main)
    assert seconds < 1
    for index in range(len(cycle)):
        assert f"MEMBER_{index}" in str(error)
    assert len(error.cycle) == len(cycle)
    assert all("waiting.py:" in line for line in error.cycle), "source lines are named"


@pytest.mark.parametrize("way", WAYS)
def test_waiting_for_ones_own_reply_is_a_cycle(way: Waiting) -> None:
    async def main() -> object:
        replies: Replies = {}
        replies[0] = waiting(way=way, replies=replies, whom=0)
        return await replies[0]

    error, seconds = seconds_until_error(main)
    assert seconds < 1
    assert "WAITING" in str(error)


@pytest.mark.parametrize("way", WAYS)
def test_a_sequence_that_contains_itself_is_a_cycle(way: Waiting) -> None:
    @miniagent
    async def holding(ctx: InteractionContext, replies: Any) -> None:
        ctx.reply(replies[0])

    async def main() -> object:
        replies: Replies = {}
        replies[0] = holding(replies=replies)
        return await way(replies[0])

    assert seconds_until_error(main)[1] < 1


def test_two_sequences_that_reply_with_each_other_are_a_cycle() -> None:
    @miniagent
    async def holding(ctx: InteractionContext, replies: Any, other: int) -> None:
        ctx.reply(replies[other])

    async def main() -> object:
        replies: Replies = {}
        replies[0], replies[1] = holding(replies=replies, other=1), holding(replies=replies, other=0)
        return await replies[0]

    assert seconds_until_error(main)[1] < 1


def test_promises_that_wait_for_each_other_are_a_cycle() -> None:
    async def main() -> object:
        promises: dict[int, Promise[object]] = {}

        async def resolver(promise: object) -> object:
            return await promises[0 if promise is promises[1] else 1]

        promises[0], promises[1] = Promise(resolver=resolver), Promise(resolver=resolver)
        return await promises[0]

    assert seconds_until_error(main)[1] < 1


def test_a_helper_task_that_waits_for_promises_too_does_not_hide_the_cycle() -> None:
    @miniagent
    async def by_a_helper(_: InteractionContext, replies: Any, whom: int) -> None:
        await asyncio.create_task(by_await(replies[whom]))

    async def main() -> object:
        replies: Replies = {}
        replies[0], replies[1] = by_a_helper(replies=replies, whom=1), by_a_helper(replies=replies, whom=0)
        return await replies[0]

    assert seconds_until_error(main)[1] < 1


def test_an_inquiry_that_was_never_finished_is_named_when_its_context_closes() -> None:
    @miniagent
    async def listener(ctx: InteractionContext) -> None:
        await ctx.message_promises

    async def main() -> float:
        with pytest.raises(BaseExceptionGroup) as caught:
            async with MiniAgents():
                call = listener.initiate_inquiry()
                call.send_message("hello")
                reply = call.reply_sequence(close_request_sequence=False)
        (error,) = caught.value.exceptions
        assert isinstance(error, DeadlockError)
        assert "LISTENER" in str(error)
        del reply
        return asyncio.get_running_loop().time()

    assert run_in_no_time(main()) < 1
