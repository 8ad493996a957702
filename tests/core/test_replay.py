"""The replayable observable, through each way of reading it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextvars import ContextVar
from typing import Any

import pytest
import reactivex as rx
from reactivex import Observable
from reactivex import operators as rx_ops

from miniagents import Promising, StreamedPromise
from miniagents.core.errors import WrongActiveContextError
from tests.laws.programs import Boom, turns
from tests.laws.readers import READERS, Reader, View, by_iteration, by_subscription

name: ContextVar[str] = ContextVar("name", default="nobody")


def stream(pieces: list[int], error: BaseException | None = None) -> StreamedPromise[int, Any]:
    async def streamer(_: object) -> AsyncIterator[int]:
        for piece in pieces:
            await asyncio.sleep(0)
            yield piece
        if error is not None:
            raise error

    return StreamedPromise(streamer=streamer)


def endless() -> StreamedPromise[int, Any]:
    async def streamer(_: object) -> AsyncIterator[int]:
        while True:
            yield 1

    return StreamedPromise(streamer=streamer)


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("pieces", [[], [1], list(range(200))])
async def test_any_number_of_pieces_arrives(reader: Reader, pieces: list[int]) -> None:
    async with Promising():
        assert await reader(stream(pieces)) == View(pieces)


@pytest.mark.parametrize("reader", READERS)
async def test_a_source_error_arrives_behind_the_pieces(reader: Reader) -> None:
    boom = Boom()
    async with Promising():
        assert await reader(stream([1, 2], boom)) == View([1, 2], boom)


@pytest.mark.parametrize("reader", READERS)
async def test_a_late_reader_sees_it_all(reader: Reader) -> None:
    async with Promising():
        promise = stream([1, 2, 3])
        await promise
        assert await reader(promise) == View([1, 2, 3])


async def test_an_endless_stream_can_be_left() -> None:
    async with Promising():
        promise = endless()
        async for _ in promise:
            break
        async for batch in promise.batches():
            assert batch
            break
        promise.cancel()


async def test_a_stream_that_never_says_anything_can_be_left() -> None:
    async with Promising():
        promise = stream([])
        waiting: StreamedPromise[int, Any] = StreamedPromise(streamer=lambda _: _never())
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await waiting
        assert await promise == ()
        waiting.cancel()


async def _never() -> AsyncIterator[int]:
    await asyncio.Event().wait()
    yield 1


async def test_buffered_pieces_cost_no_turn_of_the_loop() -> None:
    async with Promising():
        promise = stream([1, 2, 3])
        await promise
        turned: list[str] = []
        asyncio.get_running_loop().call_soon(turned.append, "turned")
        assert [piece async for piece in promise] == [1, 2, 3]
        assert await promise == (1, 2, 3)
        assert not turned


async def test_batches_hold_all_that_is_ready() -> None:
    async with Promising():
        promise = stream([1, 2, 3])
        await promise
        assert [batch async for batch in promise.batches()] == [(1, 2, 3)]


def test_a_stream_is_no_plain_iterable() -> None:
    promise: StreamedPromise[int, Any] = StreamedPromise(prefill_pieces=[1])
    with pytest.raises(TypeError):
        iter(promise)


def test_run_names_await_instead() -> None:
    promise: StreamedPromise[int, Any] = StreamedPromise(prefill_pieces=[1])
    with pytest.raises(RuntimeError, match="await"):
        promise.run()


def test_it_is_an_observable() -> None:
    assert isinstance(StreamedPromise(prefill_pieces=[1]), Observable)


OPERATORS: dict[str, tuple[Callable[[Any], Any], list[Any]]] = {
    "map": (rx_ops.map(lambda piece: piece * 2), [2, 4, 6]),
    "filter": (rx_ops.filter(lambda piece: piece > 1), [2, 3]),
    "take": (rx_ops.take(2), [1, 2]),
    "scan": (rx_ops.scan(lambda total, piece: total + piece), [1, 3, 6]),
    "start_with": (rx_ops.start_with(0), [0, 1, 2, 3]),
    "concat": (rx_ops.concat(rx.just(4)), [1, 2, 3, 4]),
    "flat_map": (rx_ops.flat_map(lambda piece: rx.of(piece, piece)), [1, 1, 2, 2, 3, 3]),
    "publish": (lambda source: source.pipe(rx_ops.publish(), rx_ops.ref_count()), [1, 2, 3]),
    "share": (rx_ops.share(), [1, 2, 3]),
    "to_list": (rx_ops.to_list(), [[1, 2, 3]]),
    "distinct": (rx_ops.distinct(), [1, 2, 3]),
    "zip": (rx_ops.zip(rx.of("a", "b", "c")), [(1, "a"), (2, "b"), (3, "c")]),
    "buffer": (rx_ops.buffer_with_count(2), [[1, 2], [3]]),
}


@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("late", [False, True])
async def test_operators_of_rx_work_on_it(operator: str, late: bool) -> None:
    make, expectation = OPERATORS[operator]
    async with Promising():
        promise = stream([1, 2, 3])
        if late:
            await promise
        assert await by_subscription(promise.pipe(make)) == View(expectation)


async def test_functions_of_rx_take_it() -> None:
    async with Promising():
        one, two = stream([1, 2]), stream([3])
        merged = await by_subscription(rx.merge(one, two))
        assert sorted(merged.pieces) == [1, 2, 3]
        assert await by_subscription(rx.concat(one, two)) == View([1, 2, 3])


async def test_callbacks_run_in_the_context_variables_of_their_subscription() -> None:
    seen: list[str] = []
    async with Promising():
        promise = stream([1])
        name.set("subscriber")
        promise.subscribe(lambda _: seen.append(name.get()), None, lambda: seen.append(name.get()))
        name.set("somebody else")
        await promise
    assert seen == ["subscriber", "subscriber"]


async def test_a_raising_subscriber_is_reported_and_hurts_nobody() -> None:
    reported: list[BaseException] = []
    boom = Boom()

    def raising(_: object) -> None:
        raise boom

    async with Promising(on_unobserved_error=lambda error, _: reported.append(error)):
        promise = stream([1, 2])
        promise.subscribe(raising)
        assert await by_subscription(promise) == View([1, 2])
    assert reported == [boom]


async def test_a_subscription_without_on_error_does_not_observe() -> None:
    boom = Boom()
    with pytest.raises(ExceptionGroup) as caught:
        async with Promising():
            promise = stream([1], boom)
            promise.subscribe(lambda _: None)
            await turns(5)
    assert caught.value.exceptions == (boom,)
    del promise


async def test_leaving_a_reader_half_way_leaves_no_task_behind() -> None:
    async with Promising():
        promise = stream([1, 2, 3])
        reader = aiter(promise)
        assert await anext(reader) == 1
        tasks = len(asyncio.all_tasks())
        del reader
        await asyncio.sleep(0)
        assert len(asyncio.all_tasks()) <= tasks
        await promise


async def test_waiting_on_another_loop_says_what_to_do() -> None:
    async with Promising():
        promise: StreamedPromise[int, Any] = StreamedPromise(streamer=lambda _: _never())
        await turns(2)

        async def elsewhere() -> View:
            return await by_iteration(promise)

        view = await asyncio.to_thread(asyncio.run, elsewhere())
        assert isinstance(view.end, WrongActiveContextError)
        assert "another event loop" in str(view.end)
        promise.cancel()
