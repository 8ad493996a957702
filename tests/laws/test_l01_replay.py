"""L1: any two consumers of a promise, whenever and however they come, see the same."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from miniagents import InteractionContext, MessagePromise, MiniAgents, StreamedPromise, miniagent
from tests.laws.examples import examples
from tests.laws.programs import Boom, Group, Said, Tree, expected, trees, turns, whole
from tests.laws.readers import (
    READERS,
    View,
    Visit,
    described,
    ignore,
    leaf,
    readers,
    visits,
    whole_of,
)
from tests.laws.world import World


@given(trees(), st.booleans(), st.lists(visits, max_size=5))
@examples(40)
async def test_every_reader_of_a_sequence_sees_what_the_model_says(
    tree: Tree, start_asap: bool, visitors: list[Visit]
) -> None:
    async with MiniAgents(start_asap=start_asap, on_unobserved_error=ignore):
        sequence = World().sequence(tree)
        views = await asyncio.gather(*(visitor.see(sequence) for visitor in visitors))
        views += [await reader(sequence) for reader in READERS]
        assert [await described(view) for view in views] == [expected(tree)] * len(views)
        assert await whole_of(sequence) == whole(tree)


@given(trees(), st.lists(visits, min_size=2, max_size=4))
@examples(30)
async def test_all_readers_get_the_same_objects(tree: Tree, visitors: list[Visit]) -> None:
    async with MiniAgents(on_unobserved_error=ignore):
        sequence = World().sequence(tree)
        first, *others = await asyncio.gather(*(visitor.see(sequence) for visitor in visitors))
        for other in others:
            assert [id(piece) for piece in other.pieces] == [id(piece) for piece in first.pieces]
            assert other.end is first.end


@given(trees(), readers)
@examples(30)
async def test_what_was_resolved_can_be_read_after_its_context_has_closed(tree: Tree, reader: Any) -> None:
    async with MiniAgents(on_unobserved_error=ignore):
        sequence = World().sequence(tree)
        inside = await described(await reader(sequence))
    assert await described(await reader(sequence)) == inside


@given(st.lists(st.integers(0, 3), max_size=8), st.booleans(), st.lists(visits, min_size=1, max_size=5))
@examples(40)
async def test_every_reader_of_pieces_sees_all_of_them(pauses: list[int], fails: bool, visitors: list[Visit]) -> None:
    boom = Boom()

    async def streamer(_: object) -> AsyncIterator[int]:
        for piece, pause in enumerate(pauses):
            await turns(pause)
            yield piece
        if fails:
            raise boom

    async with MiniAgents(on_unobserved_error=ignore):
        promise: StreamedPromise[int, Any] = StreamedPromise(streamer=streamer)
        views = await asyncio.gather(*(visitor.see(promise) for visitor in visitors))
        assert views == [View(list(range(len(pauses))), boom if fails else None)] * len(visitors)


@given(st.data(), trees(errors=False, size=5), trees(errors=False, size=5), st.lists(visits, min_size=2, max_size=4))
@examples(40)
async def test_a_reply_out_of_order_has_the_same_place_for_every_reader(
    data: st.DataObject, ordered: Tree, aside: Tree, visitors: list[Visit]
) -> None:
    late = data.draw(st.integers(0, 6))
    world = World()

    @miniagent
    async def agent(ctx: InteractionContext) -> None:
        ctx.reply(world.make(ordered, "0"))
        await turns(late)
        ctx.reply_out_of_order(world.make(Group("list", (aside,)), "x"))
        ctx.reply(world.make(Said(), "end"))

    async with MiniAgents():
        sequence = agent()
        views = await asyncio.gather(*(visitor.see(sequence) for visitor in visitors))
        orders = {tuple(id(piece) for piece in view.pieces) for view in views}
        assert len(orders) == 1
        await _is_one_put_into_the_other(views[0].pieces, ordered, aside)


async def _is_one_put_into_the_other(promises: list[MessagePromise], ordered: Tree, aside: Tree) -> None:
    in_order, out_of_order = expected(ordered, "0")[0], expected(aside, "x.0")[0]
    in_order += expected(Said(), "end")[0]
    seen = [await leaf(promise) for promise in promises]
    count = len(out_of_order)
    places = [at for at in range(len(seen) + 1) if seen[at : at + count] == out_of_order]
    assert any(seen[:at] + seen[at + count :] == in_order for at in places)


@given(trees(), st.booleans(), st.lists(st.integers(0, 12), min_size=1, max_size=4))
@examples(40)
async def test_whoever_awaits_a_sequence_gets_what_the_model_says(
    tree: Tree, start_asap: bool, lates: list[int]
) -> None:
    async with MiniAgents(start_asap=start_asap, on_unobserved_error=ignore):
        sequence = World().sequence(tree)

        async def awaiting(late: int) -> object:
            await turns(late)
            return await whole_of(sequence)

        assert await asyncio.gather(*(awaiting(late) for late in lates)) == [whole(tree)] * len(lates)


@given(trees(size=4), st.booleans(), st.lists(visits, min_size=2, max_size=4))
@examples(30)
async def test_every_reader_of_a_message_sees_the_same_tokens(
    tree: Tree, start_asap: bool, visitors: list[Visit]
) -> None:
    async with MiniAgents(start_asap=start_asap, on_unobserved_error=ignore):
        try:
            async for promise in World().sequence(tree):
                views = await asyncio.gather(*(visitor.see(promise) for visitor in visitors))
                assert all(view == views[0] for view in views)
                assert "".join(views[0].pieces) == (await leaf(promise)).text
        except Boom:
            assert expected(tree)[1] is not None
