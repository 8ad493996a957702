"""What can be an agent: coroutine functions, async generator functions, classes; and what cannot."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict

from miniagents import InteractionContext, Message, MessageType, MiniAgent, MiniAgents, miniagent
from tests.laws.programs import Boom


class Question(Message):
    topic: str


class Answer(Message):
    certain: bool = True


async def texts(reply: Any) -> list[str]:
    return [str(message) for message in await reply]


@miniagent
async def greeter(ctx: InteractionContext) -> None:
    """Greets, as {AGENT_ALIAS} does."""
    ctx.reply([f"Hello, {message}" for message in await ctx.message_promises])


@miniagent
async def generator(ctx: InteractionContext, times: int = 2) -> AsyncIterator[MessageType]:
    for number in range(times):
        yield f"{number}"
    yield ["and", ["a list"]]


async def test_a_coroutine_function_is_an_agent() -> None:
    async with MiniAgents():
        assert await texts(greeter(["Ann", "Bob"])) == ["Hello, Ann", "Hello, Bob"]


async def test_the_yields_of_a_generator_are_its_replies() -> None:
    async with MiniAgents():
        assert await texts(generator(times=1)) == ["0", "and", "a list"]


async def test_a_generator_may_use_reply_too() -> None:
    @miniagent
    async def both(ctx: InteractionContext) -> AsyncIterator[str]:
        yield "yielded"
        ctx.reply("replied")

    async with MiniAgents():
        assert await texts(both()) == ["yielded", "replied"]


async def test_an_instance_of_a_class_is_made_for_each_call() -> None:
    @miniagent
    class Counter:
        def __init__(self, ctx: InteractionContext, start: int = 0) -> None:
            self.ctx = ctx
            self.count = start

        async def __call__(self) -> None:
            self.count += 1
            self.ctx.reply(f"{self.count}")

    async with MiniAgents():
        assert await texts(Counter()) == await texts(Counter()) == ["1"]
        assert await texts(Counter(start=5)) == ["6"]


async def test_a_pydantic_class_is_an_agent() -> None:
    @miniagent
    class Model(BaseModel):
        model_config = ConfigDict(arbitrary_types_allowed=True)
        ctx: InteractionContext
        temperature: float = 0.5

        async def __call__(self) -> None:
            self.ctx.reply(f"{self.temperature}")

    async with MiniAgents():
        assert await texts(Model()) == ["0.5"]
        assert await texts(Model(temperature=0.7)) == ["0.7"]
        with pytest.raises(TypeError, match="temperature"):
            Model(temperature="hot")


async def test_a_dataclass_is_an_agent() -> None:
    @miniagent
    @dataclass
    class Shouting:
        ctx: InteractionContext
        sign: str = "!"

        async def __call__(self) -> None:
            self.ctx.reply("hey" + self.sign)

    async with MiniAgents():
        assert await texts(Shouting(sign="?")) == ["hey?"]


def test_the_alias_is_the_name_in_upper_snake() -> None:
    @miniagent
    class MarkdownHistory:
        def __init__(self, ctx: InteractionContext) -> None:
            self.ctx = ctx

        async def __call__(self) -> None: ...

    assert greeter.alias == "GREETER"
    assert MarkdownHistory.alias == "MARKDOWN_HISTORY"


def test_the_docstring_is_the_description() -> None:
    assert greeter.description == "Greets, as GREETER does."
    assert greeter.fork(alias="OTHER").alias == "OTHER"


def test_the_decorator_takes_what_a_fork_takes() -> None:
    @miniagent(alias="BOT", description="Says things.", interaction_metadata={"team": "red"})
    async def agent(ctx: InteractionContext) -> None: ...

    assert (agent.alias, agent.description) == ("BOT", "Says things.")
    assert agent.interaction_metadata.as_kwargs() == {"team": "red"}
    assert "BOT" in repr(agent)


@pytest.mark.parametrize("reserved", ["messages", "start_asap", "alias"])
def test_a_reserved_parameter_name_is_refused_when_decorating(reserved: str) -> None:
    names: dict[str, Any] = {}
    exec(f"async def agent(ctx, {reserved}): ...", names)
    with pytest.raises(TypeError, match=f"'{reserved}'.*rename"):
        miniagent(names["agent"])


def not_async(ctx: InteractionContext) -> None: ...


async def without_context() -> None: ...


class WithoutCall:
    def __init__(self, ctx: InteractionContext) -> None: ...


class WithoutCtx:
    async def __call__(self) -> None: ...


@pytest.mark.parametrize("target", [not_async, without_context, WithoutCall, WithoutCtx, 3, "agent", lambda ctx: None])
def test_what_is_no_agent_is_refused_when_decorating(target: Any) -> None:
    with pytest.raises(TypeError, match="async def|context|ctx"):
        miniagent(target)


async def test_the_classes_of_messages_are_read_from_the_annotation() -> None:
    @miniagent
    async def answering(ctx: InteractionContext[Question, Answer]) -> None:
        for question in await ctx.message_promises:
            ctx.reply(f"about {question.topic}")

    async with MiniAgents():
        (answer,) = await answering(Question("?", topic="rx"))
        assert isinstance(answer, Answer)
        assert (str(answer), answer.certain) == ("about rx", True)


async def test_a_bare_text_that_cannot_become_what_the_agent_takes_fails_at_the_call() -> None:
    @miniagent
    async def answering(ctx: InteractionContext[Question, Answer]) -> None: ...

    async with MiniAgents():
        with pytest.raises(Exception, match="topic"):
            answering("no topic")
        with pytest.raises(TypeError, match="Question"):
            answering(Message("no question"))


async def test_a_wrong_reply_is_an_error_at_the_reply() -> None:
    @miniagent
    async def agent(ctx: InteractionContext[Message, Question]) -> None:
        with pytest.raises(TypeError, match="Question"):
            ctx.reply(Answer("wrong class"))
        with pytest.raises(Exception, match="topic"):
            ctx.reply("no topic")
        ctx.reply(Question("right", topic="class"))

    async with MiniAgents():
        assert await texts(agent()) == ["right"]


@pytest.mark.parametrize("wrong", [3, 2.5, object(), b"bytes", {1: "key"}, [["fine", 3]]])
async def test_what_cannot_stand_for_messages_is_refused_at_the_call(wrong: Any) -> None:
    async with MiniAgents():
        with pytest.raises((TypeError, ValueError)):
            greeter(wrong)


async def test_a_reply_that_is_refused_leaves_no_part_of_it() -> None:
    @miniagent
    async def agent(ctx: InteractionContext) -> None:
        with pytest.raises(TypeError, match="int"):
            ctx.reply(["fine", 3])
        ctx.reply("all")

    async with MiniAgents():
        assert await texts(agent()) == ["all"]


async def test_an_exception_class_is_not_mistaken_for_a_message() -> None:
    async with MiniAgents():
        with pytest.raises(TypeError):
            greeter(Boom)  # type: ignore[call-overload]


async def test_calls_without_messages_get_none() -> None:
    @miniagent
    async def counting(ctx: InteractionContext) -> None:
        ctx.reply(f"{len(await ctx.message_promises)}")

    async with MiniAgents():
        assert await texts(counting()) == await texts(counting(None)) == await texts(counting([])) == ["0"]


def test_agents_know_their_kind() -> None:
    assert isinstance(greeter, MiniAgent)
    assert isinstance(greeter | generator, MiniAgent)
    assert "GREETER" in (greeter | generator).alias
    assert "GREETER" in (greeter & generator).alias
    with pytest.raises(TypeError):
        greeter | 3  # type: ignore[operator]
    with pytest.raises(TypeError):
        greeter & 3  # type: ignore[operator]
