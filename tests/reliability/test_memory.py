"""Memory: what nobody references is freed at once, without the collector, and many calls leave nothing."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc
import weakref
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from miniagents import InteractionContext, Message, MiniAgents, miniagent
from miniagents import operators as ops
from miniagents.core import Promise, StreamAppender, StreamedPromise
from miniagents.core.errors import PromiseCancelledError
from tests.laws.clock import run_in_no_time
from tests.laws.programs import Boom, turns
from tests.laws.readers import ignore


@pytest.fixture(autouse=True)
def no_collector() -> Iterator[None]:
    """What goes away here does so because nobody holds it, not because a cycle was found."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


class Piece:
    """Something that can be seen to go away."""


@miniagent
async def echoing(ctx: InteractionContext) -> None:
    ctx.reply(ctx.message_promises)


@miniagent
async def streaming(ctx: InteractionContext) -> None:
    async def tokens(_: dict[str, Any]) -> AsyncIterator[str]:
        async for message in ctx.message_promises:
            async for token in message:
                await asyncio.sleep(0)
                yield token

    ctx.reply(Message.promise(message_token_streamer=tokens))


@miniagent
async def endless(ctx: InteractionContext) -> None:
    ctx.reply("x")
    await asyncio.Event().wait()


@miniagent
async def raising(ctx: InteractionContext) -> None:
    ctx.reply("x")
    raise Boom


async def pieces(_: object) -> AsyncIterator[Piece]:
    for _ in range(3):
        yield Piece()


async def to_the_end() -> Any:
    promise: StreamedPromise[Piece, Any] = StreamedPromise(streamer=pieces)
    return promise, [weakref.ref(piece) for piece in await promise]


async def by_half() -> Any:
    promise: StreamedPromise[Piece, Any] = StreamedPromise(streamer=pieces)
    return promise, [weakref.ref(await anext(aiter(promise)))]


async def by_subscription() -> Any:
    promise: StreamedPromise[Piece, Any] = StreamedPromise(streamer=pieces)
    seen: list[weakref.ref[Piece]] = []
    promise.subscribe(lambda piece: seen.append(weakref.ref(piece)))
    await turns(6)
    return promise, seen


async def by_resolving() -> Any:
    async def resolver(_: object) -> Piece:
        return Piece()

    promise: Promise[Piece] = Promise(resolver=resolver)
    return promise, [weakref.ref(await promise)]


@pytest.mark.parametrize("use", [to_the_end, by_half, by_subscription, by_resolving])
async def test_a_promise_that_nobody_references_frees_its_pieces(use: Callable[[], Any]) -> None:
    async with MiniAgents():
        promise, seen = await use()
        await turns(6)
        assert seen and all(ref() is not None for ref in seen), "whoever comes may still see them"
        del promise
        await turns(2)
        assert [ref() for ref in seen if ref() is not None] == []


async def test_a_subscriber_that_has_left_is_not_kept_by_an_open_stream() -> None:
    async with MiniAgents():
        reply = endless()
        piece = Piece()
        subscription = reply.subscribe(lambda _, held=piece: None)
        left = weakref.ref(piece)
        await turns(3)
        subscription.dispose()
        del subscription, piece
        assert left() is None
        reply.cancel()


def test_an_open_stream_that_its_only_reader_has_left_is_not_kept() -> None:
    async def main() -> None:
        async with MiniAgents():
            appender: StreamAppender[Piece] = StreamAppender()
            promise: StreamedPromise[Piece, Any] = StreamedPromise(streamer=appender)
            try:
                async with asyncio.timeout(1):
                    await promise
            except TimeoutError:
                left = weakref.ref(promise)
            del promise, appender
            await asyncio.sleep(1)
            assert left() is None

    run_in_no_time(main())


OPERATORS: dict[str, Any] = {
    "map_tokens": ops.map_tokens(str.upper),
    "filter_messages": ops.filter_messages(lambda message: True),
    "merge_all": ops.merge_all(),
    "as_single_promise": ops.as_single_promise(),
    "tokens": ops.tokens(),
    "as_results": ops.as_results(),
}


@pytest.mark.parametrize("operator", OPERATORS)
async def test_what_came_through_an_operator_is_kept_alive_by_nothing(operator: str) -> None:
    async with MiniAgents():
        reply = streaming("a long text")
        out: Any = reply.pipe(OPERATORS[operator])
        await out
        left = [weakref.ref(reply), weakref.ref(out), *map(weakref.ref, await reply)]
        del reply, out
        await turns(6)
        assert [ref() for ref in left if ref() is not None] == []


async def completed() -> list[weakref.ref[Any]]:
    reply = (echoing | streaming)("a long text")
    (message,) = await reply
    return [weakref.ref(message), weakref.ref(reply)]


async def cancelled() -> list[weakref.ref[Any]]:
    reply = (endless | echoing)()
    promise = await anext(aiter(reply))
    reply.cancel()
    try:
        await reply
    except PromiseCancelledError as error:
        error.__traceback__ = None  # which holds this frame, and that the reply
    return [weakref.ref(promise), weakref.ref(reply)]


async def test_what_an_agent_has_let_go_of_is_not_held_by_its_call() -> None:
    @miniagent
    async def forgetful(ctx: InteractionContext, piece: Piece) -> None:
        left.append(weakref.ref(piece))
        del piece
        await asyncio.Event().wait()

    left: list[weakref.ref[Piece]] = []
    async with MiniAgents():
        reply = forgetful.inquire(piece=Piece())
        await turns(3)
        assert [ref() for ref in left] == [None]
        reply.cancel()


async def dropped_at_once() -> list[weakref.ref[Any]]:
    return [weakref.ref(echoing("a"))]


async def initiated() -> list[weakref.ref[Any]]:
    call = echoing.initiate_inquiry()
    call.send_message("a")
    reply = call.reply_sequence()
    return [weakref.ref(call), weakref.ref(reply), *map(weakref.ref, await reply)]


@pytest.mark.parametrize("call", [completed, cancelled, dropped_at_once, initiated])
async def test_a_finished_call_is_kept_alive_by_nothing(call: Callable[[], Any]) -> None:
    async with MiniAgents():
        left = await call()
        await turns(6)
        assert [ref() for ref in left if ref() is not None] == []


async def test_the_messages_of_a_call_that_failed_go_with_its_error() -> None:
    async with MiniAgents(on_unobserved_error=ignore):
        reply = raising()
        left = [weakref.ref(await anext(aiter(reply)))]
        try:
            await reply
        except Boom as error:
            error.__traceback__ = None  # which holds the frame of this test, and that the reply
        await turns(6)
        del reply
        assert [ref() for ref in left if ref() is not None] == []


async def test_two_thousand_calls_hold_no_more_than_two_hundred() -> None:
    async def call_many(count: int) -> int:
        for _ in range(count):
            await (echoing | streaming)("text")
        await turns(6)
        return tracemalloc.get_traced_memory()[0]

    MiniAgents().activate()
    tracemalloc.start(1)
    try:
        before = await call_many(200)
        assert await call_many(2_000) - before < 16 * 1024
    finally:
        tracemalloc.stop()
