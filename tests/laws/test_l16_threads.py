"""L16: notifications from other threads arrive in order, on the loop; no lock is held while user code runs."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest
import reactivex as rx
from hypothesis import given
from hypothesis import strategies as st
from reactivex import Observable

from miniagents import MessageSequencePromise, MiniAgents
from miniagents.core import StreamAppender, StreamedPromise
from miniagents.core.errors import WrongActiveContextError
from tests.laws.examples import examples
from tests.laws.programs import Boom, turns
from tests.laws.readers import Reader, by_iteration, by_subscription, readers

Emit = Callable[[Any], None]


def from_thread(emit: Emit) -> Observable[Any]:
    """An observable whose subscription starts a thread that emits."""

    def subscribe(observer: Any, _: Any) -> Any:
        threading.Thread(target=emit, args=(observer,)).start()
        return rx.disposable.Disposable()

    return rx.create(subscribe)


def many(count: int, name: str = "") -> Emit:
    def emit(observer: Any) -> None:
        for number in range(count):
            observer.on_next(f"{name}{number}")
        observer.on_completed()

    return emit


@given(st.integers(0, 300), readers)
@examples(15)
async def test_what_a_thread_emits_arrives_in_order(count: int, reader: Reader) -> None:
    async with MiniAgents():
        view = await reader(MessageSequencePromise(from_thread(many(count))))
        assert [str(await promise) for promise in view.pieces] == [f"{number}" for number in range(count)]


@given(st.lists(st.integers(0, 50), min_size=1, max_size=6))
@examples(15)
async def test_many_threads_at_once_keep_their_own_orders(counts: list[int]) -> None:
    appender: StreamAppender[str] = StreamAppender()
    promise: StreamedPromise[str, Any]
    async with MiniAgents():
        promise = StreamedPromise(streamer=appender)
        with appender:
            threads = [
                threading.Thread(target=_append_all, args=(appender, name, count)) for name, count in enumerate(counts)
            ]
            for thread in threads:
                thread.start()
            while any(thread.is_alive() for thread in threads):
                await asyncio.sleep(0)
            await turns(2)
        seen = await promise
    for name, count in enumerate(counts):
        assert [one for one in seen if one.startswith(f"{name}:")] == [f"{name}:{number}" for number in range(count)]


def _append_all(appender: StreamAppender[str], name: int, count: int) -> None:
    for number in range(count):
        appender.append(f"{name}:{number}")


async def test_callbacks_run_on_the_loop_wherever_the_items_come_from() -> None:
    places: set[int] = set()
    async with MiniAgents():
        sequence = MessageSequencePromise(from_thread(many(20)))
        sequence.subscribe(lambda _: places.add(threading.get_ident()))
        await sequence
    assert places == {threading.get_ident()}


async def test_a_thread_may_subscribe_and_is_called_back_on_the_loop() -> None:
    seen: list[int] = []
    done = asyncio.Event()
    async with MiniAgents():
        sequence = MessageSequencePromise(["a", rx.timer(0.01).pipe(rx.operators.map(lambda _: "b"))])

        def subscribe() -> None:
            sequence.subscribe(lambda _: seen.append(threading.get_ident()), None, done.set)

        thread = threading.Thread(target=subscribe)
        thread.start()
        await done.wait()
        thread.join()
    assert seen == [threading.get_ident()] * 2


async def test_no_lock_is_held_while_a_subscriber_runs() -> None:
    observers: list[Any] = []
    async with MiniAgents():
        sequence = MessageSequencePromise(
            rx.create(lambda observer, _: observers.append(observer) or rx.disposable.Disposable())
        )
        await turns(2)
        (observer,) = observers

        def on_next(_: object) -> None:
            if len(texts) == 0:
                texts.append("first")
                thread = threading.Thread(target=observer.on_next, args=("from a thread, while you wait",))
                thread.start()
                thread.join(5)
                assert not thread.is_alive(), "the thread was locked out"

        texts: list[str] = []
        sequence.subscribe(on_next)
        observer.on_next("go")
        observer.on_next("after the thread")
        observer.on_completed()
        said = [str(message) for message in await sequence]
    assert said == ["go", "from a thread, while you wait", "after the thread"]


async def test_an_error_of_a_thread_comes_behind_its_items() -> None:
    boom = Boom()

    def emit(observer: Any) -> None:
        observer.on_next("a")
        observer.on_error(boom)

    async with MiniAgents():
        view = await by_subscription(MessageSequencePromise(from_thread(emit)))
        assert (len(view.pieces), view.end) == (1, boom)


async def test_what_a_thread_emits_after_the_end_of_the_context_is_dropped() -> None:
    gate, ended = threading.Event(), threading.Event()

    def emit(observer: Any) -> None:
        observer.on_next("in time")
        gate.wait(5)
        observer.on_next("too late")
        ended.set()

    async with MiniAgents():
        sequence = MessageSequencePromise(from_thread(emit))
        async for _ in sequence:
            break
    gate.set()
    ended.wait(5)
    await turns(3)
    assert len((await by_iteration(sequence)).pieces) == 1


async def test_rx_timers_tick_on_the_loop() -> None:
    places: set[int] = set()

    def tick(number: int) -> str:
        places.add(threading.get_ident())
        return f"{number}"

    ticks = rx.interval(0.001).pipe(rx.operators.take(3), rx.operators.map(tick))
    async with MiniAgents():
        assert [str(message) for message in await MessageSequencePromise(ticks)] == ["0", "1", "2"]
    assert places == {threading.get_ident()}


async def test_an_open_promise_on_another_loop_says_what_to_do() -> None:
    async with MiniAgents():
        sequence = MessageSequencePromise(rx.never())

        async def elsewhere() -> None:
            with pytest.raises(WrongActiveContextError, match="another event loop"):
                await sequence

        await asyncio.to_thread(asyncio.run, elsewhere())


async def test_a_resolved_promise_may_be_read_on_another_loop() -> None:
    async with MiniAgents():
        sequence = MessageSequencePromise(["a", ["b"]])
        await sequence

        async def elsewhere() -> list[str]:
            return [str(await promise) async for promise in sequence]

        assert await asyncio.to_thread(asyncio.run, elsewhere()) == ["a", "b"]
