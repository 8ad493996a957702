"""L7: eager or lazy, per call or globally, the sequence is the same, and the agent sees the same context variables."""

from collections.abc import AsyncIterator
from contextvars import ContextVar
from itertools import product

import pytest
from hypothesis import given

from miniagents import InteractionContext, Message, MiniAgents, miniagent
from tests.laws.examples import examples
from tests.laws.programs import Tree, expected, trees, turns
from tests.laws.readers import Reader, by_iteration, described, ignore, readers
from tests.laws.world import World

language: ContextVar[str] = ContextVar("language", default="none")
EAGERNESS = list(product([True, False], [True, False, None]))


@given(trees(), readers)
@examples(30)
async def test_globally_lazy_programs_say_the_same(tree: Tree, reader: Reader) -> None:
    for start_asap in (True, False):
        async with MiniAgents(start_asap=start_asap, on_unobserved_error=ignore):
            assert await described(await reader(World().sequence(tree))) == expected(tree)


@pytest.mark.parametrize(("globally", "per_call"), EAGERNESS)
async def test_an_agent_sees_the_context_variables_of_its_inquiry(globally: bool, per_call: bool | None) -> None:
    @miniagent
    async def agent(ctx: InteractionContext) -> None:
        ctx.reply(language.get())

    async with MiniAgents(start_asap=globally):
        language.set("at the inquiry")
        reply = agent(start_asap=per_call)
        language.set("at the first look")
        assert str((await reply)[0]) == "at the inquiry"


@pytest.mark.parametrize("start_asap", [True, False])
async def test_a_streamer_sees_the_context_variables_of_where_it_was_promised(start_asap: bool) -> None:
    async def streamer(_: object) -> AsyncIterator[str]:
        yield language.get()

    async with MiniAgents():
        language.set("at the promise")
        promise = Message.promise(message_token_streamer=streamer, start_asap=start_asap)
        language.set("at the first look")
        assert [token async for token in promise] == ["at the promise"]


async def test_a_lazy_agent_runs_at_the_first_look_and_not_before() -> None:
    runs: list[str] = []

    @miniagent
    async def agent(ctx: InteractionContext) -> None:
        runs.append("ran")
        ctx.reply("done")

    async with MiniAgents():
        reply = agent(start_asap=False)
        await turns(10)
        assert not runs
        assert (await by_iteration(reply)).end is None
        assert runs == ["ran"]


async def test_an_eager_agent_runs_without_anybody_looking() -> None:
    runs: list[str] = []

    @miniagent
    async def agent(ctx: InteractionContext) -> None:
        runs.append("ran")

    async with MiniAgents(start_asap=False):
        agent(start_asap=True)
        await turns(2)
        assert runs == ["ran"]


async def test_no_code_of_an_agent_runs_inside_the_inquiry() -> None:
    runs: list[str] = []

    @miniagent
    async def agent(ctx: InteractionContext) -> None:
        runs.append("ran")

    async with MiniAgents():
        agent()
        assert not runs
