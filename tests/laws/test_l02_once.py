"""L2: a streamer runs at most once, a resolver at most once; the whole is the same object for everyone."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from miniagents import MessageSequencePromise, MiniAgents, Promise, StreamedPromise
from tests.laws.examples import examples
from tests.laws.programs import Tree, trees, turns
from tests.laws.readers import Visit, by_iteration, ignore, visits
from tests.laws.world import World


@given(trees(), st.booleans(), st.lists(visits, min_size=1, max_size=5))
@examples(40)
async def test_no_producer_runs_twice(tree: Tree, start_asap: bool, visitors: list[Visit]) -> None:
    world = World()
    async with MiniAgents(start_asap=start_asap, on_unobserved_error=ignore):
        sequence = world.sequence(tree)
        views = await asyncio.gather(*(visitor.see(sequence) for visitor in visitors))
        for promise in views[0].pieces:
            await by_iteration(promise)
            await by_iteration(promise)
    assert set(world.runs.values()) <= {1}


@given(trees(errors=False), st.integers(2, 5))
@examples(20)
async def test_the_whole_is_one_object_for_all_who_await(tree: Tree, count: int) -> None:
    async with MiniAgents():
        sequence = World().sequence(tree)

        async def awaiting() -> object:
            return await sequence

        wholes = await asyncio.gather(*(awaiting() for _ in range(count)))
        wholes.append(await sequence)
    assert len({id(messages) for messages in wholes}) == 1


@given(trees(errors=False))
@examples(20)
async def test_a_message_is_one_object_whoever_builds_it(tree: Tree) -> None:
    async with MiniAgents():
        sequence = World().sequence(tree)
        singly = [await promise async for promise in sequence]
        assert [id(message) for message in await sequence] == [id(message) for message in singly]
        assert [id(message) for message in await MessageSequencePromise(sequence)] == [id(one) for one in singly]


@given(st.integers(1, 5), st.integers(0, 3), st.booleans())
@examples(20)
async def test_a_resolver_runs_once_for_all_who_await(readers: int, pause: int, start_asap: bool) -> None:
    made: list[object] = []

    async def resolver(_: object) -> object:
        await turns(pause)
        made.append(object())
        return made[-1]

    async def awaiting() -> object:
        return await promise

    async with MiniAgents():
        promise: Promise[object] = Promise(resolver=resolver, start_asap=start_asap)
        values = await asyncio.gather(*(awaiting() for _ in range(readers)))
    assert values == made * readers


@given(st.integers(0, 4), st.booleans(), st.booleans())
@examples(20)
async def test_streamer_and_resolver_of_one_promise_run_once(count: int, start_asap: bool, whole_first: bool) -> None:
    runs: list[str] = []

    async def streamer(_: object) -> AsyncIterator[int]:
        runs.append("streamer")
        for piece in range(count):
            await asyncio.sleep(0)
            yield piece

    async def resolver(promise: Any) -> list[int]:
        runs.append("resolver")
        return [piece async for piece in promise]

    async with MiniAgents():
        promise: StreamedPromise[int, list[int]] = StreamedPromise(
            streamer=streamer, resolver=resolver, start_asap=start_asap
        )
        if whole_first:
            assert await promise is await promise
        assert [piece async for piece in promise] == list(range(count)) == await promise
    assert sorted(runs) == ["resolver", "streamer"]
