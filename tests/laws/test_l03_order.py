"""L3: a flat sequence has the depth-first order of the tree it was made of, whatever the timing of its parts."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from miniagents import InteractionContext, MiniAgents, miniagent
from tests.laws.clock import run_in_no_time
from tests.laws.examples import examples
from tests.laws.programs import Group, Said, Tree, expected, trees
from tests.laws.readers import by_iteration, described, ignore
from tests.laws.world import World

delays: st.SearchStrategy[Any] = st.recursive(
    st.lists(st.floats(0, 60), max_size=3), lambda inner: st.lists(inner, max_size=3), max_leaves=8
)


@miniagent
async def slow(ctx: InteractionContext, delays: list[Any], path: str) -> None:
    for index, delay in enumerate(delays):
        if isinstance(delay, list):
            ctx.reply(slow(delays=delay, path=f"{path}.{index}"))
        else:
            ctx.reply(slow_to_say(delay=delay, text=f"{path}.{index}"))


@miniagent
async def slow_to_say(_: InteractionContext, delay: float, text: str) -> AsyncIterator[str]:
    await asyncio.sleep(delay)
    yield text


def depth_first(delays: Any, path: str) -> list[str]:
    return [
        text
        for index, delay in enumerate(delays)
        for text in (depth_first(delay, f"{path}.{index}") if isinstance(delay, list) else [f"{path}.{index}"])
    ]


@given(delays)
@examples(30)
def test_order_is_declared_however_long_each_part_takes(delays: Any) -> None:
    async def main() -> list[str]:
        async with MiniAgents():
            return [str(message) for message in await slow(delays=delays, path="0")]

    assert run_in_no_time(main()) == depth_first(delays, "0")


def test_parts_run_at_the_same_time() -> None:
    async def main() -> float:
        async with MiniAgents():
            await slow(delays=[60.0] * 100, path="0")
            return asyncio.get_running_loop().time()

    assert 60 <= run_in_no_time(main()) < 61


@given(trees(threads=False), st.integers(0, 5))
@examples(30)
async def test_the_same_tree_at_another_pace_is_the_same_sequence(tree: Tree, pace: int) -> None:
    async with MiniAgents(on_unobserved_error=ignore):
        paced = Group("agent", (tree, Said()), pace)
        assert await described(await by_iteration(World().sequence(paced))) == expected(paced)


async def test_a_list_is_taken_as_it_is_at_the_reply() -> None:
    items = ["a", "b"]

    @miniagent
    async def agent(ctx: InteractionContext) -> None:
        ctx.reply(items)
        items.append("too late")

    async with MiniAgents():
        assert [str(message) for message in await agent()] == ["a", "b"]
