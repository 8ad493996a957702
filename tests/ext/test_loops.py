"""Agents made of other agents."""

import gc
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from miniagents import InteractionContext, Message, MiniAgent, MiniAgents, miniagent
from miniagents.ext import AWAIT, CLEAR, agent_chain, agent_loop, dialog_loop, prompt_agent, user_agent
from miniagents.operators import map_tokens


@miniagent
async def exclaim(ctx: InteractionContext) -> None:
    """Put an exclamation mark behind every message."""
    async for message in ctx.message_promises:
        ctx.reply(f"{await message}!")


@miniagent
async def count(ctx: InteractionContext) -> None:
    """Reply with the number of messages."""
    ctx.reply(str(len(await ctx.message_promises)))


@miniagent
async def fail(ctx: InteractionContext) -> None:
    """Reply once and fail."""
    ctx.reply("before")
    raise ValueError("broken")


def person_who_says(*texts: str, heard: list[str] | None = None) -> MiniAgent[Any, Any]:
    """A user who leaves by Ctrl+C after the last text."""
    left = list(texts)

    @miniagent
    async def person(ctx: InteractionContext) -> None:
        messages = [str(message) for message in await ctx.message_promises]
        if heard is not None:
            heard.extend(messages)
        if not left:
            raise KeyboardInterrupt
        ctx.reply(left.pop(0))

    return person


async def texts_of(sequence: Any) -> list[str]:
    return [str(message) for message in await sequence]


# --- agent_chain


async def test_row_23_the_output_of_each_is_the_input_of_the_next() -> None:
    async with MiniAgents():
        chained = agent_chain.inquire(["a", "b"], agents=[exclaim, None, map_tokens(str.upper), exclaim])
        assert await texts_of(chained) == ["A!!", "B!!"]


async def test_row_23_a_chain_of_nothing_passes_messages_on() -> None:
    async with MiniAgents():
        assert await texts_of(agent_chain.inquire("a", agents=[])) == ["a"]


async def test_row_23_clear_drops_the_messages() -> None:
    async with MiniAgents():
        assert await texts_of(agent_chain.inquire(["a", "b"], agents=[CLEAR, count])) == ["0"]


@pytest.mark.parametrize(("stages", "order"), [([], ["second", "first ends"]), ([AWAIT], ["first ends", "second"])])
async def test_row_23_await_resolves_all_before_the_next_agent_is_called(stages: list[Any], order: list[str]) -> None:
    seen: list[str] = []

    @miniagent
    async def first(ctx: InteractionContext) -> None:
        ctx.reply("x")
        await ctx.message_promises
        await texts_of(count.inquire())
        seen.append("first ends")

    @miniagent
    async def second(ctx: InteractionContext) -> None:
        seen.append("second")

    async with MiniAgents():
        await agent_chain.inquire("a", agents=[first, *stages, second])
    assert seen == order


async def test_row_23_an_error_at_await_is_the_error_of_the_chain() -> None:
    async with MiniAgents():
        with pytest.raises(ValueError, match="broken"):
            await agent_chain.inquire(agents=[fail, AWAIT, count])


@pytest.mark.parametrize("unknown", [5, "exclaim", object, [exclaim]])
async def test_row_23_something_unknown_in_a_chain_is_named_at_the_call(unknown: object) -> None:
    async with MiniAgents():
        with pytest.raises(TypeError, match="cannot stand in a chain: a stage is an agent"):
            await agent_chain.inquire("a", agents=[exclaim, unknown])


# --- agent_loop


async def test_row_22_a_loop_goes_round_until_keyboard_interrupt() -> None:
    heard: list[str] = []
    async with MiniAgents():
        person = person_who_says("hi", "nice!", "bye", heard=heard)
        assert await agent_loop.inquire(agents=[person, AWAIT, exclaim]) == ()
    assert heard == ["hi!", "nice!!", "bye!"]


async def test_row_22_a_loop_that_was_kicked_off_ends_quietly_too() -> None:
    heard: list[str] = []
    async with MiniAgents():
        agent_loop.kick_off("zero", agents=[person_who_says("hi", heard=heard), AWAIT, exclaim])
    assert heard == ["zero", "hi!"]


@pytest.mark.parametrize("agents", [[exclaim], [exclaim, count, None]])
async def test_row_22_a_loop_without_await_is_refused_at_the_call(agents: list[Any]) -> None:
    async with MiniAgents():
        with pytest.raises(ValueError, match=r"EXCLAIM.*put AWAIT between two stages"):
            agent_loop.kick_off(agents=agents)


@pytest.mark.parametrize("agents", [[AWAIT], [AWAIT, None, AWAIT]])
async def test_row_22_a_loop_without_an_agent_is_refused_at_the_call(agents: list[Any]) -> None:
    async with MiniAgents():
        with pytest.raises(ValueError, match="give at least one agent"):
            agent_loop.kick_off(agents=agents)


async def test_row_22_something_unknown_in_a_loop_is_named_at_the_call() -> None:
    async with MiniAgents():
        with pytest.raises(TypeError, match="'AWAIT' cannot stand in a chain"):
            agent_loop.kick_off(agents=[exclaim, "AWAIT", count])


async def test_row_22_any_other_error_is_an_error_of_the_loop() -> None:
    async with MiniAgents():
        with pytest.raises(ValueError, match="broken"):
            await agent_loop.inquire(agents=[fail, AWAIT, exclaim])


def test_row_22_an_error_of_a_loop_that_was_kicked_off_leaves_the_context() -> None:
    async def main() -> None:
        agent_loop.kick_off(agents=[fail, AWAIT, exclaim])

    with pytest.raises(ExceptionGroup) as caught:
        MiniAgents().run(main())
    assert [str(error) for error in caught.value.exceptions] == ["broken"]


@pytest.mark.timeout_s(60)
async def test_row_22_an_endless_loop_lets_go_of_earlier_rounds() -> None:
    rounds: list[weakref.ref[Message]] = []

    @miniagent
    async def tick(ctx: InteractionContext) -> AsyncIterator[Message]:
        await ctx.message_promises
        if len(rounds) == 2000:
            raise KeyboardInterrupt
        message = Message("tick", number=len(rounds))
        rounds.append(weakref.ref(message))
        yield message

    async with MiniAgents():
        await agent_loop.inquire(agents=[tick, AWAIT, exclaim])
        gc.collect()
        assert sum(message() is not None for message in rounds) <= 2


# --- dialog_loop


def assistant_who_keeps(heard: list[list[str]]) -> MiniAgent[Any, Any]:
    @miniagent
    async def assistant(ctx: InteractionContext) -> None:
        heard.append(await texts_of(ctx.message_promises))
        ctx.reply(f"answer {len(heard)}")

    return assistant


async def kick_off(agent: MiniAgent[Any, Any], *args: Any, **params: Any) -> None:
    agent.kick_off(*args, **params)


async def inquire(agent: MiniAgent[Any, Any], *args: Any, **params: Any) -> None:
    await agent.inquire(*args, **params)


@pytest.mark.parametrize("start", [kick_off, inquire])
async def test_row_14_the_prompt_comes_first_in_each_round_and_stays_out_of_the_history(
    start: Callable[..., Awaitable[None]],
) -> None:
    prompts: list[list[str]] = []
    async with MiniAgents():
        user = user_agent.fork(input_agent=transparent_person("one", "two"))
        await start(dialog_loop, "be kind", user_agent=user, assistant_agent=assistant_who_keeps(prompts))
    assert prompts == [["be kind", "one"], ["be kind", "one", "answer 1", "two"]]


async def test_row_14_the_prompt_may_stand_at_the_end() -> None:
    prompts: list[list[str]] = []
    async with MiniAgents():
        dialog = dialog_loop.fork(prompt_at_the_end=True)
        dialog.kick_off("p", user_agent=person_who_says("hi"), assistant_agent=assistant_who_keeps(prompts))
    assert prompts == [["hi", "p"]]


async def test_row_14_keyboard_interrupt_ends_a_dialog_without_a_reply() -> None:
    async with MiniAgents():
        assert await dialog_loop.inquire("p", user_agent=person_who_says(), assistant_agent=exclaim) == ()


async def test_row_14_an_error_of_the_assistant_is_an_error_of_the_dialog() -> None:
    async with MiniAgents():
        with pytest.raises(ValueError, match="broken"):
            await dialog_loop.inquire(user_agent=person_who_says("hi"), assistant_agent=fail)


async def test_row_14_a_missing_assistant_is_named_at_the_call() -> None:
    async with MiniAgents():
        with pytest.raises(TypeError, match="'assistant_agent'"):
            dialog_loop.kick_off(user_agent=exclaim)
        with pytest.raises(TypeError, match="assistant_agent='gpt'"):
            dialog_loop.kick_off(user_agent=exclaim, assistant_agent="gpt")


# --- user_agent


def transparent_person(*texts: str) -> MiniAgent[Any, Any]:
    """A person whose agent replies with the messages and then with what is said, as input agents do."""
    speaks = person_who_says(*texts)

    @miniagent
    async def transparent(ctx: InteractionContext) -> None:
        ctx.reply([ctx.message_promises, speaks.inquire()])

    return transparent


async def test_row_18_the_reply_is_the_full_history() -> None:
    async with MiniAgents():
        user = user_agent.fork(input_agent=transparent_person("one", "two"))
        assert await texts_of(user.inquire()) == ["one"]
        assert await texts_of(user.inquire("a")) == ["one", "a", "two"]


async def test_row_18_without_a_history_agent_the_reply_is_this_round() -> None:
    async with MiniAgents():
        user = user_agent.fork(input_agent=transparent_person("one", "two"), history_agent=None)
        assert await texts_of(user.inquire()) == ["one"]
        assert await texts_of(user.inquire("a")) == ["a", "two"]


async def test_row_18_nothing_is_asked_before_all_is_shown() -> None:
    seen: list[str] = []

    @miniagent
    async def shows(ctx: InteractionContext) -> None:
        ctx.reply(ctx.message_promises)
        async for message in ctx.message_promises:
            seen.append(f"shown {await message}")

    @miniagent
    async def asks(ctx: InteractionContext) -> None:
        seen.append("asked")

    async with MiniAgents():
        await user_agent.inquire(["a", "b"], output_agent=shows, input_agent=asks)
    assert seen == ["shown a", "shown b", "asked"]


# --- prompt_agent


async def test_row_24_the_target_is_sent_prefix_input_and_suffix() -> None:
    async with MiniAgents():
        prompted = prompt_agent.fork(target_agent=exclaim, prompt_prefix=["a", "b"], prompt_suffix="z")
        assert await texts_of(prompted.inquire("m")) == ["a!", "b!", "m!", "z!"]
        assert await texts_of(prompt_agent.inquire("m", target_agent=exclaim)) == ["m!"]
