"""L12: every subscriber is called serially, as `on_next* (on_error | on_completed)?`, and never after `dispose`."""

from __future__ import annotations

import asyncio
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from reactivex import Observable
from reactivex import operators as rx_ops
from reactivex.abc import DisposableBase

from miniagents import MessageSequencePromise, MiniAgents, StreamedPromise
from miniagents import operators as ops
from miniagents.core import StreamAppender
from tests.laws.examples import examples
from tests.laws.programs import Tree, expected, trees, turns
from tests.laws.readers import by_subscription
from tests.laws.world import World


class Strict:
    """An observer that insists on the grammar, and disposes of itself at its nth item if told to."""

    def __init__(self, dispose_at: int | None = None) -> None:
        self.items: list[Any] = []
        self.ends = 0
        self._dispose_at = dispose_at
        self._inside = False
        self._disposed = False
        self._subscription: DisposableBase | None = None

    def subscribe(self, source: Observable[Any]) -> None:
        self._subscription = source.subscribe(self._on_next, self._on_end, self._on_end)
        self._dispose_if_due()

    def _on_next(self, item: Any) -> None:
        self._check()
        self._inside = True
        self.items.append(item)
        self._dispose_if_due()
        self._inside = False

    def _on_end(self, *_: object) -> None:
        self._check()
        self.ends += 1

    def _check(self) -> None:
        assert not self._inside, "called while it was being called"
        assert not self.ends, "called after its end"
        assert not self._disposed, "called after dispose"

    def _dispose_if_due(self) -> None:
        if self._dispose_at is not None and len(self.items) >= self._dispose_at and self._subscription is not None:
            self._disposed = True
            self._subscription.dispose()


shapes = st.sampled_from(
    [
        lambda source: source,
        lambda source: source.pipe(ops.flatten()),
        lambda source: source.pipe(ops.map_tokens(str.upper)),
        lambda source: source.pipe(ops.as_results()),
        lambda source: source.pipe(ops.merge_all()),
        lambda source: source.pipe(ops.tokens()),
        lambda source: source.pipe(ops.as_single_promise()),
        lambda source: source.pipe(rx_ops.map(lambda piece: piece)),
    ]
)


Visits = list[tuple[int, int | None]]  # how late, and after how many items to leave


@given(trees(), shapes, st.lists(st.tuples(st.integers(0, 8), st.none() | st.integers(0, 4)), min_size=1, max_size=4))
@examples(50)
async def test_the_grammar_holds_for_each_subscriber(tree: Tree, shape: Any, visits: Visits) -> None:
    reported: list[BaseException] = []
    async with MiniAgents(on_unobserved_error=lambda error, _: reported.append(error)):
        sequence = World().sequence(tree)
        stream = shape(sequence)
        observers = []
        for late, dispose_at in visits:
            observer = Strict(dispose_at)
            await turns(late)
            observer.subscribe(stream)
            observers.append((observer, dispose_at))
        await by_subscription(stream)
        for observer, dispose_at in observers:
            if dispose_at is None or len(observer.items) < dispose_at:
                assert observer.ends == 1
    assert not [error for error in reported if isinstance(error, AssertionError)]


@given(st.integers(1, 5), st.integers(1, 4))
@examples(20)
async def test_a_subscriber_that_feeds_its_own_source_is_not_entered_twice(count: int, subscribers: int) -> None:
    appender: StreamAppender[int] = StreamAppender()
    async with MiniAgents():
        promise: StreamedPromise[int, Any] = StreamedPromise(streamer=appender)
        observers = [Strict() for _ in range(subscribers)]
        with appender:

            def feed_back(piece: int) -> None:
                if piece < count:
                    appender.append(piece + 1)

            promise.subscribe(feed_back)
            for observer in observers:
                observer.subscribe(promise)
            appender.append(0)
        assert [observer.items for observer in observers] == [list(range(count + 1))] * subscribers


@given(shapes, st.integers(1, 7))
@examples(40)
async def test_nothing_comes_after_dispose_inside_a_callback(shape: Any, count: int) -> None:
    async def later() -> list[Any]:
        return ["a", MessageSequencePromise([*"bcdef"]), "g"]

    async with MiniAgents():
        stream = shape(MessageSequencePromise(later()))
        said: list[object] = []

        def on_next(piece: object) -> None:
            said.append(piece)
            if len(said) == count:
                subscription.dispose()

        subscription = stream.subscribe(on_next, said.append, lambda: said.append("end"))
        await by_subscription(stream)
        assert len(said) <= count


async def test_nothing_comes_to_a_subscriber_that_its_neighbour_has_disposed_of() -> None:
    appender: StreamAppender[int] = StreamAppender()
    seen: list[int] = []
    async with MiniAgents():
        promise: StreamedPromise[int, Any] = StreamedPromise(streamer=appender)
        promise.subscribe(lambda _: subscription.dispose())
        subscription = promise.subscribe(seen.append)
        with appender:
            appender.append(0)
    assert seen == []


async def test_a_subscriber_may_care_for_nothing_but_the_end() -> None:
    reported: list[BaseException] = []
    ended = asyncio.Event()
    async with MiniAgents(on_unobserved_error=lambda error, _: reported.append(error)):
        MessageSequencePromise(["a", "b"]).subscribe(on_completed=ended.set)
        assert ended.is_set()
    assert reported == []


@given(trees(errors=False), st.integers(1, 3))
@examples(20)
async def test_take_lets_go_and_says_so_once(tree: Tree, count: int) -> None:
    async with MiniAgents():
        sequence = World().sequence(tree)
        few = Strict()
        few.subscribe(sequence.pipe(rx_ops.take(count)))
        await sequence
        assert len(few.items) == min(count, len(expected(tree)[0]))
        assert few.ends == 1


async def test_what_is_buffered_is_delivered_before_subscribe_returns() -> None:
    async with MiniAgents():
        sequence = MessageSequencePromise(["a", "b"])
        observer = Strict()
        observer.subscribe(sequence)
        assert (len(observer.items), observer.ends) == (2, 1)


async def test_an_observer_object_may_subscribe_as_well_as_callbacks() -> None:
    from reactivex import Observer

    seen: list[Any] = []
    async with MiniAgents():
        MessageSequencePromise(["a"]).subscribe(Observer(seen.append, None, lambda: seen.append("end")))
        await asyncio.sleep(0)
    assert len(seen) == 2
    assert seen[1] == "end"
