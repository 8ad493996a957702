"""L9: a consumer that stops, is cancelled or raises changes nothing for any other consumer."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reactivex import operators as rx_ops

from miniagents import MessageSequencePromise, MiniAgents, Promise, StreamedPromise
from tests.laws.examples import examples
from tests.laws.programs import Tree, expected, trees, turns, whole
from tests.laws.readers import Visit, described, ignore, visits, whole_of
from tests.laws.world import World

Leaver = Callable[[MessageSequencePromise, int], Awaitable[object]]


async def breaks_out(sequence: MessageSequencePromise, count: int) -> None:
    left = count
    try:
        async for promise in sequence:
            left -= 1
            if left <= 0:
                break
            async for _ in promise:
                break
    except Exception:  # noqa: BLE001 - whatever the program ends with
        return


async def is_cancelled(sequence: MessageSequencePromise, count: int) -> None:
    async def reading() -> None:
        async for promise in sequence:
            await promise

    await _cancelled_after(reading(), count)


async def is_cancelled_awaiting(sequence: MessageSequencePromise, count: int) -> None:
    async def reading() -> None:
        await sequence

    await _cancelled_after(reading(), count)


async def _cancelled_after(work: Any, count: int) -> None:
    task = asyncio.ensure_future(work)
    await turns(count)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def times_out(sequence: MessageSequencePromise, count: int) -> None:
    try:
        async with asyncio.timeout(0):
            await turns(count)
            await sequence
    except Exception:  # noqa: BLE001 - whatever the program ends with
        return


async def takes_a_few(sequence: MessageSequencePromise, count: int) -> None:
    sequence.pipe(rx_ops.take(count)).subscribe(on_error=lambda _: None)


async def disposes(sequence: MessageSequencePromise, count: int) -> None:
    subscription = sequence.subscribe(on_error=lambda _: None)
    await turns(count)
    subscription.dispose()


async def raises(sequence: MessageSequencePromise, count: int) -> None:
    def on_next(_: object) -> None:
        raise ZeroDivisionError(count)

    sequence.subscribe(on_next, on_error=on_next, on_completed=lambda: on_next(None))


async def wanders_off(sequence: MessageSequencePromise, _: int) -> None:
    reader = aiter(sequence)
    await asyncio.gather(anext(reader, None), return_exceptions=True)


LEAVERS: tuple[Leaver, ...] = (
    breaks_out,
    is_cancelled,
    is_cancelled_awaiting,
    times_out,
    takes_a_few,
    disposes,
    raises,
    wanders_off,
)


@given(
    trees(),
    st.booleans(),
    st.lists(st.tuples(st.sampled_from(LEAVERS), st.integers(0, 8)), min_size=1, max_size=4),
    st.lists(visits, min_size=1, max_size=3),
)
@examples(40)
async def test_nobody_notices_those_who_leave(
    tree: Tree, start_asap: bool, leavers: list[tuple[Leaver, int]], stayers: list[Visit]
) -> None:
    async with MiniAgents(start_asap=start_asap, on_unobserved_error=ignore):
        sequence = World().sequence(tree)
        leaving = [asyncio.ensure_future(leave(sequence, count)) for leave, count in leavers]
        views = await asyncio.gather(*(stayer.see(sequence) for stayer in stayers))
        assert [await described(view) for view in views] == [expected(tree)] * len(views)
        await asyncio.gather(*leaving)
        assert await whole_of(sequence) == whole(tree)


@pytest.mark.parametrize("cancelled_at", [0, 1, 2, 5])
async def test_a_cancelled_awaiter_does_not_poison_a_lazy_promise(cancelled_at: int) -> None:
    async def resolver(_: object) -> str:
        await turns(3)
        return "value"

    async with MiniAgents():
        promise: Promise[str] = Promise(resolver=resolver, start_asap=False)

        async def awaiting() -> str:
            return await promise

        await _cancelled_after(awaiting(), cancelled_at)
        assert await promise == "value"


@given(st.integers(0, 3), st.integers(0, 6))
@examples(20)
async def test_one_of_four_who_wait_on_the_same_stream_is_cancelled(which: int, after: int) -> None:
    gate = asyncio.Event()

    async def streamer(_: object) -> AsyncIterator[int]:
        yield 1
        await gate.wait()
        yield 2

    async def reading() -> list[int]:
        return [piece async for piece in promise]

    async with MiniAgents():
        promise: StreamedPromise[int, Any] = StreamedPromise(streamer=streamer)
        tasks = [asyncio.ensure_future(reading()) for _ in range(4)]
        await turns(after)
        tasks[which].cancel()
        await turns(3)
        gate.set()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert isinstance(results.pop(which), asyncio.CancelledError)
        assert results == [[1, 2]] * 3
