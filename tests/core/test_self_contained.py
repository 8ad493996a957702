"""A sequence that contains itself: every reader gets the same error."""

import gc
import weakref

import pytest

from miniagents import InteractionContext, MessageSequencePromise, MiniAgents, miniagent
from miniagents.core.errors import DeadlockError
from tests.laws.programs import turns


async def test_every_reader_of_a_sequence_that_contains_itself_gets_the_same_error() -> None:
    replies: dict[str, MessageSequencePromise] = {}

    @miniagent
    async def one(ctx: InteractionContext) -> None:
        ctx.reply(["said", replies["other"]])

    @miniagent
    async def other(ctx: InteractionContext) -> None:
        ctx.reply(replies["one"])

    async with MiniAgents():
        replies["one"], replies["other"] = one.inquire(), other.inquire()
        errors = []
        for _ in range(2):
            pieces = []
            try:
                async for promise in replies["one"]:
                    pieces.append(str(await promise))
            except DeadlockError as error:
                errors.append(error)
            assert pieces == ["said"]
    assert errors[0] is errors[1]


async def test_a_sequence_that_contains_itself_is_freed_with_its_context() -> None:
    replies: list[MessageSequencePromise] = []

    @miniagent
    async def containing(ctx: InteractionContext) -> None:
        ctx.reply(replies)

    async with MiniAgents():
        replies.append(containing.inquire())
        with pytest.raises(DeadlockError):
            await replies[0]
    reply = weakref.ref(replies.pop())
    gc.collect()
    assert reply() is None


async def test_the_error_names_the_call_where_there_is_one() -> None:
    requests: list[MessageSequencePromise] = []

    @miniagent
    async def containing(ctx: InteractionContext) -> None:
        requests.append(ctx.message_promises)
        ctx.reply(replies)

    async with MiniAgents():
        replies = [containing.inquire()]
        with pytest.raises(DeadlockError, match="^CONTAINING contains itself"):
            await replies[0]
        call = containing.initiate_inquiry()
        await turns(2)
        call.send_message(requests[1])
        call.finish()
        with pytest.raises(DeadlockError, match="^a sequence contains itself"):
            await requests[1]
