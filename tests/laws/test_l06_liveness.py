"""L6: the first token comes out of any pipeline of streaming stages before the last one has gone in."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from miniagents import InteractionContext, Message, MessagePromise, MessageSequencePromise, MiniAgents, miniagent
from miniagents import operators as ops
from miniagents.core.pump import FAIRNESS_SLICE
from tests.laws.examples import examples
from tests.laws.programs import turns
from tests.laws.test_l05_composition import passing, repassing

TOKENS = 5_000


@miniagent
async def shouting(ctx: InteractionContext) -> None:
    async for promise in ctx.message_promises:
        ctx.reply(shouted(promise))


def shouted(promise: MessagePromise) -> MessagePromise:
    async def streamer(_: object) -> AsyncIterator[str]:
        async for token in promise:
            yield token.upper()

    return Message.promise(message_token_streamer=streamer)


def joining(source: Any) -> MessageSequencePromise:
    return MessageSequencePromise(source.pipe(ops.as_single_promise()))


STAGES = (
    passing,
    repassing,
    shouting,
    passing & repassing,
    ops.flatten(),
    ops.merge_all(),
    ops.map_tokens(str.upper),
    ops.errors_as_messages(),
    joining,
)


class Source:
    """A message of very many tokens, and how many of them have been made so far."""

    def __init__(self, pause: int) -> None:
        self.made = 0
        self._pause = pause

    async def __call__(self, _: object) -> AsyncIterator[str]:
        for _ in range(TOKENS):
            if self._pause:
                await turns(self._pause)
            self.made += 1
            yield "x"

    def promise(self) -> MessagePromise:
        return Message.promise(message_token_streamer=self.__call__)


async def _stop(reply: MessageSequencePromise, promise: MessagePromise) -> None:
    promise.cancel()
    reply.cancel()


@given(st.lists(st.sampled_from(STAGES), max_size=6), st.sampled_from([0, 0, 1]))
@examples(40)
async def test_the_first_token_overtakes_the_last(stages: list[Any], pause: int) -> None:
    source = Source(pause)
    async with MiniAgents(on_unobserved_error=lambda *_: None):
        promise = source.promise()
        reply: Any = MessageSequencePromise(promise)
        for stage in stages:
            reply = stage(reply)
        async for message in reply:
            async for token in message:
                assert token in ("x", "X")
                assert source.made < TOKENS / 2, "the first token came out after most had gone in"
                break
            break
        await _stop(reply, promise)


@pytest.mark.parametrize("length", [FAIRNESS_SLICE + 1, 10 * FAIRNESS_SLICE])
async def test_a_burst_longer_than_the_slice_gives_way(length: int) -> None:
    made = 0

    async def streamer(_: object) -> AsyncIterator[str]:
        nonlocal made
        for _ in range(length):
            made += 1
            yield "x"

    async with MiniAgents():
        async for _ in Message.promise(message_token_streamer=streamer):
            break
        assert made < length


async def test_a_burst_never_takes_the_loop_for_longer_than_the_slice() -> None:
    made: list[int] = [0]

    async def streamer(_: object) -> AsyncIterator[str]:
        for _ in range(20 * FAIRNESS_SLICE):
            made[-1] += 1
            yield "x"

    async with MiniAgents():
        promise = Message.promise(message_token_streamer=streamer)
        while sum(made) < 20 * FAIRNESS_SLICE:
            made.append(0)
            await turns(1)
        await promise
    assert max(made) <= FAIRNESS_SLICE


async def test_messages_of_an_endless_agent_come_one_by_one() -> None:
    @miniagent
    async def endless(_: InteractionContext) -> AsyncIterator[str]:
        while True:
            yield "again"

    async with MiniAgents():
        reply = (endless | passing | repassing)()
        async for promise in reply:
            assert str(await promise) == "again"
            break
        reply.cancel()


async def test_tokens_of_many_messages_come_before_the_sequence_has_ended() -> None:
    source = Source(1)
    async with MiniAgents():
        promise = source.promise()
        tokens = MessageSequencePromise(["first", promise]).pipe(ops.tokens())
        seen = []
        async for token in tokens:
            seen.append(token)
            if len(seen) == 2:
                break
        assert seen == ["first", "x"]
        assert source.made < TOKENS / 2
        promise.cancel()
