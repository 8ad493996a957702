"""Parameters: defaults of the function, the decorator, forks and calls, each over the one before."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from miniagents import InteractionContext, MiniAgent, MiniAgents, miniagent


@miniagent
async def saying(ctx: InteractionContext, word: str = "default", times: int = 1, loud: bool | None = None) -> None:
    ctx.reply([f"{word}{'!' if loud else ''}"] * times)


@miniagent
async def needing(ctx: InteractionContext, model: str, mode: Literal["fast", "good"] = "fast") -> None:
    ctx.reply(f"{model} {mode}")


@miniagent
async def taking_anything(ctx: InteractionContext, **anything: Any) -> None:
    ctx.reply(", ".join(f"{name}={value}" for name, value in sorted(anything.items())))


async def said(agent: MiniAgent, /, **params: Any) -> list[str]:
    return [str(message) for message in await agent(**params)]


async def test_the_later_wins() -> None:
    decorated = miniagent(word="decorated")(_plain)
    async with MiniAgents():
        assert await said(decorated) == ["decorated"]
        forked = decorated.fork(word="forked")
        assert await said(forked) == ["forked"]
        assert await said(forked.fork(word="forked again")) == ["forked again"]
        assert await said(forked, word="called") == ["called"]


async def _plain(ctx: InteractionContext, word: str = "default") -> None:
    ctx.reply(word)


async def test_a_fork_leaves_the_original_as_it_is() -> None:
    fork = saying.fork(word="fork", alias="FORK", description="other", interaction_metadata={"a": 1})
    async with MiniAgents():
        assert await said(saying) == ["default"]
    assert (saying.alias, fork.alias, fork.description) == ("SAYING", "FORK", "other")
    assert saying.interaction_metadata.as_kwargs() == {}


async def test_forks_add_up() -> None:
    fork = saying.fork(word="w").fork(times=2).fork(loud=True)
    async with MiniAgents():
        assert await said(fork) == ["w!", "w!"]


def test_metadata_of_forks_adds_up() -> None:
    fork = saying.fork(interaction_metadata={"a": 1, "b": 1}).fork(interaction_metadata={"b": 2})
    assert fork.interaction_metadata.as_kwargs() == {"a": 1, "b": 2}


async def test_the_agent_that_was_called_is_the_fork() -> None:
    @miniagent
    async def self_aware(ctx: InteractionContext) -> None:
        ctx.reply(ctx.this_agent.alias)

    async with MiniAgents():
        assert await said(self_aware.fork(alias="FORK")) == ["FORK"]


async def test_mutable_state_is_handed_over_as_it_is() -> None:
    history: list[str] = []

    @miniagent(mutable_state={"history": history})
    async def remembering(ctx: InteractionContext, history: list[str]) -> None:
        history.extend([str(message) for message in await ctx.message_promises])
        ctx.reply(history)

    async with MiniAgents():
        await remembering("a")
        assert [str(message) for message in await remembering("b")] == ["a", "b"]
        other: list[str] = []
        await remembering.fork(mutable_state={"history": other})("c")
    assert (history, other) == (["a", "b"], ["c"])


async def test_an_unknown_parameter_is_refused_at_the_call_and_the_known_ones_are_named() -> None:
    async with MiniAgents():
        with pytest.raises(TypeError, match=r"saying.*'wrod'.*word, times, loud"):
            saying(wrod="x")
        with pytest.raises(TypeError, match="'wrod'"):
            saying.kick_off(wrod="x")
        with pytest.raises(TypeError, match="'wrod'"):
            saying.initiate_inquiry(wrod="x")


def test_an_unknown_parameter_is_refused_at_the_fork_and_at_the_decorator() -> None:
    with pytest.raises(TypeError, match="'wrod'"):
        saying.fork(wrod="x")
    with pytest.raises(TypeError, match="'wrod'"):
        miniagent(wrod="x")(_plain)
    with pytest.raises(TypeError, match="'wrod'"):
        saying.fork(mutable_state={"wrod": []})


@pytest.mark.parametrize(
    "params", [{"times": "2"}, {"times": 1.5}, {"word": 3}, {"loud": "yes"}, {"times": None}, {"word": b"bytes"}]
)
async def test_an_ill_typed_parameter_is_refused_at_the_call(params: dict[str, Any]) -> None:
    ((name, value),) = params.items()
    async with MiniAgents():
        with pytest.raises(TypeError) as caught:
            saying(**params)
    assert f"{name}={value!r}" in str(caught.value)


async def test_a_missing_parameter_is_refused_at_the_call() -> None:
    async with MiniAgents():
        with pytest.raises(TypeError, match="needs the parameter 'model'"):
            needing()
        assert await said(needing.fork(model="m")) == ["m fast"]
        with pytest.raises(TypeError, match="mode='slow'"):
            needing(model="m", mode="slow")


async def test_an_agent_may_take_anything() -> None:
    async with MiniAgents():
        assert await said(taking_anything, a=1, b=[2]) == ["a=1, b=[2]"]


async def test_a_parameter_may_be_anything_python_has() -> None:
    marker = object()

    @miniagent
    async def taking(ctx: InteractionContext, what: object, agent: MiniAgent, maybe: MiniAgent | None = None) -> None:
        ctx.reply(f"{what is marker} {agent is saying}")

    async with MiniAgents():
        assert await said(taking, what=marker, agent=saying) == ["True True"]
        with pytest.raises(TypeError, match="agent=3"):
            taking(what=marker, agent=3)


async def test_a_composed_agent_takes_no_parameters_and_says_where_they_belong() -> None:
    async with MiniAgents():
        with pytest.raises(TypeError, match="before composing"):
            (saying | saying)(word="x")
    with pytest.raises(TypeError, match="before composing"):
        (saying & saying).fork(word="x")
    assert (saying | saying).fork(alias="BOTH").alias == "BOTH"


async def test_forks_of_parts_may_be_composed() -> None:
    async with MiniAgents():
        assert await said(saying.fork(word="a") & saying.fork(word="b")) == ["a", "b"]
