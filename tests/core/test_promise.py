"""`Promise`, `StreamedPromise` and `StreamAppender`: how they are made, resolved, and what they refuse."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from miniagents import Promise, Promising, StreamedPromise
from miniagents.core import StreamAppender
from miniagents.core.errors import AppenderClosedError, AppenderNotOpenError, NoActiveContextError
from tests.laws.programs import Boom, turns
from tests.laws.readers import View, by_iteration, by_subscription


async def nothing(_: object) -> None: ...


async def digits(_: object) -> AsyncIterator[int]:
    yield 1
    yield 2


async def test_awaiting_gives_the_value() -> None:
    async def resolver(promise: object) -> object:
        return promise

    async with Promising():
        promise: Promise[object] = Promise(resolver=resolver)
        assert await promise is promise


async def test_a_promise_emits_its_value() -> None:
    async with Promising():
        assert await by_subscription(Promise(resolver=nothing)) == View([None])


async def test_a_value_that_is_known_needs_no_context() -> None:
    assert await Promise(prefill_result=None) is None
    assert await StreamedPromise(prefill_pieces=[1, 2]) == (1, 2)
    assert await by_iteration(StreamedPromise(prefill_pieces=[1, 2])) == View([1, 2])


async def test_none_is_a_whole_like_any_other() -> None:
    whole: StreamedPromise[int, None] = StreamedPromise(prefill_pieces=[1], prefill_result=None)
    assert await whole is None


async def test_the_whole_is_the_tuple_of_pieces_unless_a_resolver_says_otherwise() -> None:
    async def total(promise: Any) -> int:
        return sum([piece async for piece in promise])

    async with Promising():
        assert await StreamedPromise(streamer=digits) == (1, 2)
        assert await StreamedPromise(streamer=digits, resolver=total) == 3


async def test_the_whole_may_come_before_the_stream_has_ended() -> None:
    gate = asyncio.Event()

    async def gated(_: object) -> AsyncIterator[int]:
        await gate.wait()
        yield 1

    async with Promising():
        promise: StreamedPromise[int, str] = StreamedPromise(streamer=gated, prefill_result="known")
        assert await promise == "known"
        gate.set()


@pytest.mark.parametrize("lazily", [True, False])
async def test_the_error_of_a_resolver_is_raised_each_time(lazily: bool) -> None:
    boom = Boom()

    async def resolver(_: object) -> None:
        raise boom

    async with Promising():
        promise: Promise[None] = Promise(resolver=resolver, start_asap=not lazily)
        for _ in range(3):
            with pytest.raises(Boom) as caught:
                await promise
            assert caught.value is boom


async def test_an_error_that_a_resolver_hands_through_is_observed_once_for_both() -> None:
    boom = Boom()

    async def failing(_: object) -> AsyncIterator[int]:
        yield 1
        raise boom

    async def reading(promise: Any) -> list[int]:
        return [piece async for piece in promise]

    async with Promising():
        promise: StreamedPromise[int, Any] = StreamedPromise(streamer=failing, resolver=reading)
        with pytest.raises(Boom):
            await promise


@pytest.mark.parametrize("arguments", [{}, {"resolver": nothing, "prefill_result": 1}])
def test_a_promise_takes_exactly_one_source(arguments: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="resolver=.*prefill_result="):
        Promise(**arguments)


@pytest.mark.parametrize("arguments", [{}, {"streamer": digits, "prefill_pieces": [1]}])
def test_a_stream_takes_exactly_one_source(arguments: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="streamer=.*prefill_pieces="):
        StreamedPromise(**arguments)


def test_a_stream_has_one_source_of_its_whole() -> None:
    with pytest.raises(TypeError, match="not both"):
        StreamedPromise(prefill_pieces=[1], resolver=nothing, prefill_result=2)


def test_background_work_needs_a_context() -> None:
    for make in (lambda: Promise(resolver=nothing), lambda: StreamedPromise(streamer=digits)):
        with pytest.raises(NoActiveContextError, match="running event loop"):
            make()


async def test_without_a_context_the_error_says_how_to_make_one() -> None:
    with pytest.raises(NoActiveContextError, match="async with MiniAgents"):
        Promise(resolver=nothing)


@pytest.mark.parametrize("wrong", [3, "text", [1]])
async def test_what_cannot_be_called_is_refused_at_once(wrong: Any) -> None:
    async with Promising():
        with pytest.raises(TypeError, match="resolver="):
            Promise(resolver=wrong)
        with pytest.raises(TypeError, match="streamer="):
            StreamedPromise(streamer=wrong)


async def test_a_resolver_that_is_not_async_is_named() -> None:
    def sync_resolver(_: object) -> int:
        return 3

    async with Promising():
        promise: Promise[int] = Promise(resolver=sync_resolver)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="sync_resolver.*async def"):
            await promise


async def test_a_streamer_that_does_not_yield_is_named() -> None:
    async with Promising():
        promise: StreamedPromise[Any, Any] = StreamedPromise(streamer=nothing)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="nothing.*yield"):
            await promise


async def test_a_streamer_that_raises_at_once_is_an_error_of_the_stream() -> None:
    def broken(_: object) -> AsyncIterator[int]:
        raise Boom

    async with Promising():
        promise: StreamedPromise[int, Any] = StreamedPromise(streamer=broken)
        assert isinstance((await by_iteration(promise)).end, Boom)


async def test_the_source_of_a_stopped_streamer_is_closed() -> None:
    closed: list[str] = []

    async def source(_: object) -> AsyncIterator[int]:
        try:
            while True:
                yield 1
        finally:
            closed.append("closed")

    async with Promising():
        promise: StreamedPromise[int, Any] = StreamedPromise(streamer=source)
        await turns(2)
        promise.cancel()
        await by_iteration(promise)
        assert closed == ["closed"]


# --- appenders


async def test_what_is_appended_is_streamed() -> None:
    appender: StreamAppender[int] = StreamAppender()
    async with Promising():
        promise: StreamedPromise[int, Any] = StreamedPromise(streamer=appender)
        with appender:
            appender.append(1)
            async for piece in promise:
                assert piece == 1
                break
            appender.append(2)
        assert await promise == (1, 2)


async def test_a_promise_of_an_appender_may_be_made_late() -> None:
    appender: StreamAppender[int] = StreamAppender()
    with appender:
        appender.append(1)
    async with Promising():
        assert await StreamedPromise(streamer=appender) == (1,)


def test_an_appender_must_be_open() -> None:
    appender: StreamAppender[int] = StreamAppender()
    with pytest.raises(AppenderNotOpenError, match=r"append\(7\).*with appender"):
        appender.append(7)


def test_an_appender_must_not_be_closed() -> None:
    appender: StreamAppender[int] = StreamAppender()
    with appender:
        pass
    with pytest.raises(AppenderClosedError, match=r"append\(7\)"):
        appender.append(7)
    with pytest.raises(AppenderClosedError), appender:
        pass


@pytest.mark.parametrize("captured", [True, False])
async def test_an_exception_in_the_block_ends_the_stream(captured: bool) -> None:
    boom = Boom()
    appender: StreamAppender[int] = StreamAppender(capture_errors=captured)
    left_the_block: list[BaseException] = []
    async with Promising():
        promise: StreamedPromise[int, Any] = StreamedPromise(streamer=appender)
        try:
            with appender:
                appender.append(1)
                raise boom
        except Boom as error:
            left_the_block.append(error)
        assert await by_iteration(promise) == View([1], boom)
    assert left_the_block == ([] if captured else [boom])


async def test_an_appender_left_open_is_told_when_its_context_closes() -> None:
    appender: StreamAppender[int] = StreamAppender()
    appender.__enter__()
    async with Promising():
        promise: StreamedPromise[int, Any] = StreamedPromise(streamer=appender)
        appender.append(1)
    view = await by_iteration(promise)
    assert view.pieces == [1]
    assert "closed" in str(view.end)
