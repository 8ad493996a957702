"""What no other test noticed when the kernel was changed on purpose."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import pytest
from typing_extensions import override

from miniagents import InteractionContext, Message, MessageSequencePromise, MiniAgents, Promise, miniagent
from miniagents import operators as ops
from miniagents.core import StreamAppender, StreamedPromise
from miniagents.core.cursor import Cursor, Follower
from miniagents.core.errors import NoActiveContextError
from miniagents.messages.appender import MessageTokenAppender
from tests.laws.programs import Boom, turns
from tests.laws.readers import READERS, Reader, by_iteration, ignore


async def breaking(_: dict[str, Any]) -> AsyncIterator[str]:
    yield "half"
    raise Boom


async def in_two(_: dict[str, Any]) -> AsyncIterator[str]:
    yield "a "
    yield "whole"


async def test_a_streamed_message_is_told_of_once_when_it_is_whole_and_never_when_it_broke_off() -> None:
    told: list[str] = []

    async def persist(_: object, message: Message) -> None:
        told.append(str(message))

    async with MiniAgents(on_persist_message=persist, on_unobserved_error=ignore):
        promises = [Message.promise(message_token_streamer=streamer) for streamer in (in_two, breaking)]
        await promises[0]
        await promises[1].settled()
    assert told == ["a whole"]


async def test_two_asides_with_messages_between_them_stand_where_they_were_put_for_every_reader() -> None:
    @miniagent
    async def replying(ctx: InteractionContext) -> None:
        ctx.reply(["a1", nested])
        await turns(3)
        ctx.reply_out_of_order(MessageSequencePromise(["x1", "x2", "x3", "x4", "x5"]))
        await turns(1)
        ctx.reply(["a2", "a3", "a4"])
        ctx.reply_out_of_order("y")
        ctx.reply("a5")

    async with MiniAgents():
        nested = MessageSequencePromise(["n1", "n2", "n3", "n4", "n5", "n6"])
        reply = replying()
        early = [str(await promise) async for promise in reply]
        assert early == "a1 n1 n2 n3 n4 n5 n6 x1 x2 x3 x4 x5 a2 a3 a4 y a5".split()
        for reader in READERS:
            assert [str(await promise) for promise in (await reader(reply)).pieces] == early


async def texts(reader: Reader, sequence: MessageSequencePromise) -> list[str]:
    return [str(await promise) for promise in (await reader(sequence)).pieces]


@pytest.mark.parametrize("reader", READERS[:3])
async def test_asides_stay_in_a_reply_that_stands_inside_of_another_one(reader: Reader) -> None:
    @miniagent
    async def replying(ctx: InteractionContext, name: str) -> None:
        ctx.reply([name, gated()])
        await turns(2)
        ctx.reply_out_of_order(f"{name} aside")

    async def gated() -> str:
        await gate.wait()
        return "late"

    gate = asyncio.Event()
    async with MiniAgents():
        first, second = replying(name="first"), replying(name="second")
        await turns(5)
        open_yet = MessageSequencePromise([first, second])
        early = asyncio.ensure_future(texts(reader, open_yet))
        await turns(5)
        gate.set()
        said = ["first", "first aside", "late", "second", "second aside", "late"]
        assert await early == said
        assert await texts(reader, open_yet) == said
        assert await texts(reader, MessageSequencePromise([first, second])) == said


@pytest.mark.parametrize("reader", READERS)
async def test_a_short_reply_is_handed_on_with_its_asides(reader: Reader) -> None:
    @miniagent
    async def replying(ctx: InteractionContext) -> None:
        ctx.reply("a")
        ctx.reply_out_of_order("aside")
        ctx.reply("b")

    async with MiniAgents():
        reply = replying()
        await reply
        assert (
            await texts(reader, MessageSequencePromise(["before", reply, "after"])) == "before a aside b after".split()
        )


async def test_a_function_that_feeds_its_own_source_is_not_entered_twice_and_loses_no_token() -> None:
    entered: list[str] = []

    def following(token: str) -> str:
        entered.append(f"<{token}")
        for more in {"x": "ab", "a": "c", "c": "d"}.get(token, ""):
            appender.append(more)
        entered.append(f"{token}>")
        return token

    appender = MessageTokenAppender()
    async with MiniAgents():
        source = MessageSequencePromise(Message.promise(message_token_streamer=appender))
        (promise,) = (await by_iteration(source.pipe(ops.map_tokens(following)))).pieces
        neighbour = source.pipe(ops.map_tokens(str))
        with appender:
            appender.append("x")
        assert str(await promise) == "xabcd"
        assert str((await neighbour)[0]) == "xabcd"
    assert "".join(entered) == "<xx><aa><bb><cc><dd>"


async def test_a_function_that_ends_its_own_source_hears_of_the_end() -> None:
    def ending(token: str) -> str:
        appender.__exit__(None, None, None)
        return token

    appender = MessageTokenAppender()
    async with MiniAgents():
        source = MessageSequencePromise(Message.promise(message_token_streamer=appender))
        (promise,) = (await by_iteration(source.pipe(ops.map_tokens(ending)))).pieces
        appender.__enter__()
        appender.append("x")
        async with asyncio.timeout(5):
            assert str(await promise) == "x"


class Counting(Follower):
    """Counts pieces, and lets whoever is told after it go."""

    def __init__(self, source: StreamedPromise[Any, Any], *others: Counting) -> None:
        super().__init__(Cursor(source))
        self.pieces = 0
        self._others = others

    @override
    def take(self, pieces: Sequence[Any]) -> None:
        self.pieces += len(pieces)
        for other in self._others:
            other.stop()

    @override
    def finish(self, end: object) -> None:
        raise AssertionError("it is always left before")


async def test_a_follower_that_its_neighbour_has_stopped_takes_nothing_more() -> None:
    appender: StreamAppender[str] = StreamAppender()
    async with MiniAgents():
        promise: StreamedPromise[str, Any] = StreamedPromise(streamer=appender)
        second = Counting(promise)
        first = Counting(promise, second)
        for follower in (first, second):
            promise._follow_with(follower)
        with appender:
            appender.append("x")
            assert (first.pieces, second.pieces) == (1, 0)
            first.stop()


@pytest.mark.parametrize("subscribers", [1, 2])
@pytest.mark.parametrize("read", [False, True])
async def test_each_token_goes_at_once_to_all_who_are_behind_an_operator(subscribers: int, read: bool) -> None:
    appender = MessageTokenAppender()
    async with MiniAgents():
        source = MessageSequencePromise(Message.promise(message_token_streamer=appender))
        (mapped,) = (await by_iteration(source.pipe(ops.map_tokens(str.upper)))).pieces
        seen: list[list[str]] = [[] for _ in range(subscribers)]
        for one in seen:
            mapped.subscribe(one.append)
        reader = aiter(mapped)
        with appender:
            for number in range(3):
                coming = asyncio.ensure_future(anext(reader)) if read else None
                await turns(2)
                appender.append(f"token {number}")
                assert [one[-1:] for one in seen] == [[f"TOKEN {number}"]] * subscribers
                await turns(2)
                assert coming is None or coming.result() == f"TOKEN {number}"


async def test_a_token_finds_its_way_when_the_only_reader_behind_an_operator_has_left() -> None:
    appender = MessageTokenAppender()
    async with MiniAgents():
        source = MessageSequencePromise(Message.promise(message_token_streamer=appender))
        (mapped,) = (await by_iteration(source.pipe(ops.map_tokens(str.upper)))).pieces
        reader = asyncio.ensure_future(by_iteration(mapped))
        await turns(2)
        reader.cancel()
        await turns(2)
        with appender:
            appender.append("a")
        assert str(await mapped) == "A"


async def streaming(_: object) -> AsyncIterator[str]:
    yield "x"


async def resolving(_: object) -> str:
    return "x"


@miniagent
async def replying(ctx: InteractionContext) -> None:
    ctx.reply("x")


LAZY: tuple[Callable[[], Any], ...] = (
    lambda: Message.promise(message_token_streamer=streaming, start_asap=False),
    lambda: Promise(resolver=resolving, start_asap=False),
    lambda: MessageSequencePromise(streaming(None)),
    lambda: replying(start_asap=False),
)


@pytest.mark.parametrize("make", LAZY)
async def test_a_lazy_promise_that_is_first_looked_at_after_its_context_says_so(make: Callable[[], Any]) -> None:
    async with MiniAgents(start_asap=False):
        promise = make()
    for _ in range(2):
        with pytest.raises(NoActiveContextError, match="its context closed before it was resolved"):
            await promise
    assert len(asyncio.all_tasks()) == 1


@pytest.mark.parametrize("make", LAZY)
async def test_waiting_until_a_lazy_promise_has_settled_is_a_look_at_it(make: Callable[[], Any]) -> None:
    async with MiniAgents(start_asap=False):
        async with asyncio.timeout(5):
            assert await make().settled() is None


async def test_a_thread_that_subscribes_to_an_open_reply_gets_nothing_itself() -> None:
    seen: list[int] = []

    @miniagent
    async def replying(ctx: InteractionContext) -> None:
        ctx.reply("at once")
        await gate.wait()

    gate = asyncio.Event()
    async with MiniAgents():
        reply = replying()
        await turns(2)
        await asyncio.to_thread(reply.subscribe, lambda _: seen.append(threading.get_ident()))
        gate.set()
        await reply
        await turns(2)
    assert seen == [threading.get_ident()]


def test_what_is_complete_may_be_subscribed_to_when_its_loop_is_gone() -> None:
    async def main() -> list[MessageSequencePromise]:
        async with MiniAgents():
            sequences = [MessageSequencePromise([*"abcdefgh"]), MessageSequencePromise(["a", ["b"]])]
            linking = MessageSequencePromise(["0", sequences[0]])
            for sequence in (*sequences, linking):
                await sequence
            return [*sequences, linking]

    counts = []
    for sequence in asyncio.run(main()):
        seen: list[Any] = []
        sequence.subscribe(seen.append, None, lambda seen=seen: counts.append(len(seen)))
    assert counts == [8, 2, 9]


class Note(Message):
    """A class that text and fields become."""

    urgent: bool = False


async def test_text_and_fields_become_messages_of_the_class_of_their_sequence() -> None:
    async with MiniAgents():
        messages = await MessageSequencePromise(["a", [{"content": "b", "urgent": True}], later()], message_class=Note)
        assert [type(message) for message in messages] == [Note] * 3
        assert [(str(message), message.urgent) for message in messages] == [("a", False), ("b", True), ("c", False)]


async def later() -> str:
    return "c"
