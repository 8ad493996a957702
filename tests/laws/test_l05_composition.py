"""L5: `|` is associative and has the pass-through agent as its unit; `&` replies in declared order while both run."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from miniagents import InteractionContext, Message, MiniAgent, MiniAgents, miniagent
from miniagents import operators as ops
from tests.laws.clock import run_in_no_time
from tests.laws.examples import examples
from tests.laws.programs import Leaf, Tree, expected, trees
from tests.laws.readers import by_iteration, described, ignore
from tests.laws.world import World

Described = tuple[list[Leaf], str | None]


@miniagent
async def passing(ctx: InteractionContext) -> None:
    ctx.reply(ctx.message_promises)


@miniagent
async def repassing(ctx: InteractionContext) -> AsyncIterator[Any]:
    async for promise in ctx.message_promises:
        yield promise


@miniagent
async def twice(ctx: InteractionContext) -> None:
    async for promise in ctx.message_promises:
        ctx.reply([promise, promise])


@miniagent
async def last_first(ctx: InteractionContext) -> None:
    ctx.reply([promise async for promise in ctx.message_promises][::-1])


@miniagent
async def counting(ctx: InteractionContext) -> None:
    count = 0
    async for promise in ctx.message_promises:
        ctx.reply(promise)
        count += 1
    ctx.reply(f"{count}")


agents: st.SearchStrategy[Any] = st.recursive(
    st.sampled_from([passing, repassing, twice, last_first, counting]),
    lambda inner: st.builds(lambda a, b: a & b, inner, inner),
    max_leaves=4,
)


async def result(agent: Any, tree: Tree) -> Described:
    return await described(await by_iteration(agent(World().make(tree))))


@given(agents, agents, agents, trees())
@examples(40)
async def test_grouping_makes_no_difference(a: Any, b: Any, c: Any, tree: Tree) -> None:
    async with MiniAgents(on_unobserved_error=ignore):
        assert await result((a | b) | c, tree) == await result(a | (b | c), tree)


@given(agents, trees(), st.sampled_from([passing, repassing]))
@examples(30)
async def test_passing_on_is_the_unit(agent: MiniAgent, tree: Tree, unit: MiniAgent) -> None:
    async with MiniAgents(on_unobserved_error=ignore):
        alone = await result(agent, tree)
        assert await result(unit | agent, tree) == alone
        assert await result(agent | unit, tree) == alone


@given(agents, agents, trees(errors=False))
@examples(30)
async def test_both_reply_in_declared_order(a: Any, b: Any, tree: Tree) -> None:
    async with MiniAgents():
        of_a, of_b = (await result(a, tree))[0], (await result(b, tree))[0]
        assert await result(a & b, tree) == (of_a + of_b, None)


@given(agents, agents, trees(errors=False))
@examples(20)
async def test_all_spellings_of_a_chain_are_the_same(a: Any, b: Any, tree: Tree) -> None:
    async with MiniAgents():
        by_pipe = World().sequence(tree).pipe(a, b)
        by_chain = World().sequence(tree).pipe(ops.chain(a, b))
        by_operator = World().sequence(tree).pipe(a | b)
        by_call = b(a(World().sequence(tree)))
        seen = [await described(await by_iteration(reply)) for reply in (by_pipe, by_chain, by_operator, by_call)]
        assert seen == [await result(a | b, tree)] * 4


@given(trees(errors=False))
@examples(10)
async def test_an_operator_may_stand_on_either_side(tree: Tree) -> None:
    async with MiniAgents():
        assert await result(ops.flatten() | passing | ops.flatten(), tree) == expected(tree)


def test_both_run_at_the_same_time() -> None:
    @miniagent
    async def slow(ctx: InteractionContext, text: str = "") -> None:
        await asyncio.sleep(60)
        ctx.reply(text)

    async def main() -> tuple[list[str], float]:
        async with MiniAgents():
            texts = [str(message) for message in await (slow.fork(text="a") & slow.fork(text="b"))()]
            return texts, asyncio.get_running_loop().time()

    texts, seconds = run_in_no_time(main())
    assert texts == ["a", "b"]
    assert seconds < 61


async def test_both_get_the_same_messages() -> None:
    seen: list[Message] = []

    @miniagent
    async def looking(ctx: InteractionContext) -> None:
        seen.extend(await ctx.message_promises)

    async with MiniAgents():
        await (looking & looking)("one")
    assert seen[0] is seen[1]
