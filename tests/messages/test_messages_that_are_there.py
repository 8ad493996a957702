"""Messages that are there when they come into a sequence: kept as they are, and promised to whoever looks."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from pydantic import ValidationError

from miniagents import (
    InteractionContext,
    Message,
    MessagePromise,
    MessageSequencePromise,
    MiniAgents,
    miniagent,
)
from miniagents.core.errors import PromiseCancelledError
from miniagents.core.replay import Replay
from miniagents.messages import MessageTokenAppender
from miniagents.messages import sequence as sequence_module
from miniagents.messages.promise import ready_promise
from tests.laws.programs import Boom, turns


class Answer(Message):
    """A class of its own."""


THINGS: list[Any] = ["text", "tëxt", Message("message", role="user"), {"content": "fields"}, Answer("answer")]
TEXTS = ["text", "tëxt", "message", "fields", "answer"]


@pytest.fixture
def promised(monkeypatch: pytest.MonkeyPatch) -> list[Message]:
    """The messages that got promises because somebody looked at them."""
    found: list[Message] = []

    def noted(message: Message, *args: Any) -> Any:
        found.append(message)
        return ready_promise(message, *args)

    monkeypatch.setattr(sequence_module, "ready_promise", noted)
    return found


@miniagent
async def forwarder(ctx: InteractionContext) -> None:
    """Hands on what it gets."""
    ctx.reply(ctx.message_promises)


def slots_of(stream: Replay[Any]) -> dict[str, Any]:
    """All that ``stream`` is made of."""
    names = {name for kind in type(stream).__mro__ for name in kind.__dict__.get("__slots__", ())}
    return {name: getattr(stream, name) for name in names}


async def test_what_is_made_in_a_shorter_way_has_all_that_the_longer_way_gives() -> None:
    async with MiniAgents() as context:
        new = sequence_module.new_sequence(context, Message)
        opened: MessageSequencePromise = MessageSequencePromise.__new__(MessageSequencePromise)
        opened._open(context)
        opened._message_class = Message
        assert slots_of(new) == slots_of(opened)
        ready = slots_of(ready_promise(Message("a"), context))
        streamed = slots_of(Message.promise(message_token_streamer=MessageTokenAppender()))
        new.cancel()
    assert ready.keys() == streamed.keys()


async def test_whoever_awaits_the_sequence_needs_no_promises(promised: list[Message]) -> None:
    async with MiniAgents():
        linked = MessageSequencePromise([THINGS, THINGS])
        messages = await MessageSequencePromise([THINGS, [THINGS], linked])
    assert [str(message) for message in messages] == 4 * TEXTS
    assert promised == []


@pytest.mark.parametrize("first", ["await", "iterate"])
async def test_the_messages_are_the_same_objects_for_all(first: str) -> None:
    async with MiniAgents():
        sequence = MessageSequencePromise(THINGS)
        if first == "await":
            whole = await sequence
            one_by_one = [await promise async for promise in sequence]
        else:
            one_by_one = [await promise async for promise in sequence]
            whole = await sequence
    assert len(whole) == len(one_by_one) == len(THINGS)
    assert all(a is b for a, b in zip(whole, one_by_one, strict=True))
    assert whole[2] is THINGS[2]
    assert whole[4] is THINGS[4]


@pytest.mark.parametrize("count", [1, 4, 5, 100])
async def test_the_promises_are_the_same_objects_however_they_are_read_and_handed_on(count: int) -> None:
    async with MiniAgents():
        sequence = MessageSequencePromise([f"{number}" for number in range(count)])
        forwarded = forwarder.inquire(sequence)
        joined = MessageSequencePromise([sequence, "more"])
        await forwarded
        looks = [
            [promise async for promise in sequence],
            [promise async for promise in forwarded],
            [promise async for batch in joined.batches() for promise in batch][:-1],
            [promise async for promise in sequence],
        ]
    assert all(len(look) == count for look in looks)
    assert len({id(promise) for look in looks for promise in look}) == count
    assert all(isinstance(promise, MessagePromise) for promise in looks[0])


async def test_a_reader_that_follows_looks_at_each_message_once(promised: list[Message]) -> None:
    length = 300

    @miniagent
    async def talker(ctx: InteractionContext) -> None:
        for number in range(length):
            ctx.reply(f"{number}")
            await asyncio.sleep(0)

    async with MiniAgents():
        reply = talker.inquire()
        readers = [[await promise async for promise in reply], [await promise async for promise in reply]]
    assert [str(message) for message in readers[0]] == [f"{number}" for number in range(length)]
    assert len(promised) == length


async def test_their_class_and_fields_show_in_the_promise() -> None:
    async with MiniAgents():
        promises = [promise async for promise in MessageSequencePromise(THINGS)]
        assert [[token async for token in promise] for promise in promises] == [[text] for text in TEXTS]
        assert promises[2].preliminary_metadata.as_kwargs() == {"role": "user"}
        assert [type(await promise) for promise in promises] == [Message, Message, Message, Message, Answer]


async def test_what_a_cancelled_sequence_had_is_promises() -> None:
    @miniagent
    async def talker(ctx: InteractionContext) -> None:
        ctx.reply(["one", ["two", MessageSequencePromise(["three", "four", "five", "six", "seven"])]])
        await asyncio.Event().wait()

    async with MiniAgents():
        reply = talker.inquire()
        await turns(3)
        reply.cancel()
        with pytest.raises(PromiseCancelledError) as caught:
            await reply
        partial: Any = caught.value.partial
        texts = [str(await promise) for promise in partial]
    assert texts == ["one", "two", "three", "four", "five", "six", "seven"]


@pytest.mark.parametrize("sent", [["\ud800"], ["fine", ["\ud800"]], {"content": "\ud800"}])
async def test_text_that_can_be_no_message_is_refused_at_the_call(sent: Any) -> None:
    refused: list[ValidationError] = []

    @miniagent
    async def agent(ctx: InteractionContext) -> None:
        ctx.reply("before")
        try:
            ctx.reply(sent)
        except ValidationError as error:
            refused.append(error)
        ctx.reply("after")

    async with MiniAgents():
        assert [str(message) for message in await agent.inquire()] == ["before", "after"]
    assert "content" in str(refused[0])


@pytest.mark.parametrize("linked", [False, True])
async def test_errors_behind_an_error_are_logged_also_among_messages(
    linked: bool, caplog: pytest.LogCaptureFixture
) -> None:
    async def failing(_: object) -> AsyncIterator[str]:
        raise Boom
        yield ""

    async with MiniAgents():
        first = Message.promise(message_token_streamer=failing)
        second = Message.promise(message_token_streamer=failing)
        behind: Any = ["there, too", second, 3 * ["and there"]]
        sequence = MessageSequencePromise([first, "there", MessageSequencePromise(behind) if linked else behind])
        with pytest.raises(Boom):
            await sequence
        del first, second, behind, sequence
    assert "Boom" in caplog.text


async def test_everybody_who_wants_to_hear_of_messages_hears_once_of_each() -> None:
    heard: list[str] = []

    async def handler(_: object, message: Message) -> None:
        heard.append(str(message))

    async with MiniAgents(on_persist_message=handler):
        sequence = MessageSequencePromise(["one", "two"])
        await sequence
        assert len([promise async for promise in sequence]) == 2
    assert sorted(heard) == ["one", "two"]


async def test_a_handler_that_comes_later_is_not_told_of_what_was_there_before() -> None:
    heard: list[object] = []

    async def handler(_: object, result: object) -> None:
        heard.append(result)

    async with MiniAgents() as context:
        sequence = MessageSequencePromise(["one", "two"])
        context.on_promise_resolved(handler)
        assert len([promise async for promise in sequence]) == 2
    assert heard == []
