"""L4: sequences are a monad: `flatten` joins, and it does not matter in which order the levels are joined."""

import reactivex as rx
from hypothesis import given
from hypothesis import strategies as st
from reactivex import operators as rx_ops

from miniagents import Message, MessageSequencePromise, MiniAgents
from miniagents import operators as ops
from tests.laws.examples import examples
from tests.laws.programs import Group, Tree, expected, trees
from tests.laws.readers import by_iteration, described, ignore
from tests.laws.world import World

levels = st.lists(st.lists(trees(size=3), max_size=3), max_size=3)


def nested(parts: list[list[Tree]]) -> Tree:
    return Group("sequence", tuple(Group("sequence", tuple(part)) for part in parts))


@given(trees())
@examples(30)
async def test_flattening_just_one_sequence_gives_that_sequence(tree: Tree) -> None:
    async with MiniAgents(on_unobserved_error=ignore):
        flat = rx.just(World().sequence(tree)).pipe(ops.flatten())
        assert await described(await by_iteration(flat)) == expected(tree)


@given(trees())
@examples(30)
async def test_flattening_a_flat_sequence_changes_nothing(tree: Tree) -> None:
    async with MiniAgents(on_unobserved_error=ignore):
        sequence = World().sequence(tree)
        once, twice = sequence.pipe(ops.flatten()), sequence.pipe(ops.flatten(), ops.flatten())
        views = [await by_iteration(stream) for stream in (sequence, once, twice, MessageSequencePromise(sequence))]
        assert all(view == views[0] for view in views)


@given(levels)
@examples(30)
async def test_inner_levels_first_or_outer_levels_first_is_the_same(parts: list[list[Tree]]) -> None:
    async with MiniAgents(on_unobserved_error=ignore):
        world = World()
        sources = [rx.from_iterable([world.sequence(Group("list", tuple(part))) for part in parts]) for _ in range(2)]
        outer_first = rx.just(sources[0]).pipe(ops.flatten(), ops.flatten())
        inner_first = rx.just(sources[1]).pipe(rx_ops.map(lambda inner: inner.pipe(ops.flatten())), ops.flatten())
        expectation = expected(nested(parts))
        leaves, end = await described(await by_iteration(outer_first))
        assert (len(leaves), end is None) == (len(expectation[0]), expectation[1] is None)
        other_leaves, other_end = await described(await by_iteration(inner_first))
        assert [leaf.text for leaf in leaves] == [leaf.text for leaf in other_leaves]
        assert end == other_end


@given(levels)
@examples(20)
async def test_merging_all_keeps_every_message_of_a_tree_without_errors(parts: list[list[Tree]]) -> None:
    tree = nested(parts)
    leaves, end = expected(tree)
    async with MiniAgents(on_unobserved_error=ignore):
        merged, merged_end = await described(await by_iteration(World().sequence(tree).pipe(ops.merge_all())))
        if end is None:
            assert (sorted(merged, key=repr), merged_end) == (sorted(leaves, key=repr), None)  # None has no order
        else:
            assert merged_end is not None


async def test_an_empty_source_flattens_to_nothing() -> None:
    async with MiniAgents():
        assert await rx.empty().pipe(ops.flatten()) == ()
        assert await rx.of([], [[]], Message("x")).pipe(ops.flatten(), ops.filter_messages(lambda _: False)) == ()
