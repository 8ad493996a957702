"""L15: whoever waits for the world (a timer, a person, a thread) is never taken for a deadlock."""

from __future__ import annotations

import asyncio
import socket
from threading import Timer
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from miniagents import InteractionContext, MessageSequencePromise, MiniAgents, Promise, miniagent
from miniagents import operators as ops
from miniagents.core import StreamAppender, StreamedPromise
from miniagents.core.errors import DeadlockError
from tests.laws.clock import run_in_no_time
from tests.laws.examples import examples
from tests.laws.programs import Tree, expected, trees
from tests.laws.readers import by_iteration, by_subscription, described, ignore
from tests.laws.waiting import Replies, by_await, seconds_until_error, waiting, ways
from tests.laws.world import World


async def for_a_timer(_: asyncio.AbstractEventLoop) -> None:
    await asyncio.sleep(60)


async def for_an_event(loop: asyncio.AbstractEventLoop) -> None:
    event = asyncio.Event()
    loop.call_later(60, event.set)
    await event.wait()


async def for_a_queue(loop: asyncio.AbstractEventLoop) -> None:
    queue: asyncio.Queue[str] = asyncio.Queue()
    loop.call_later(60, queue.put_nowait, "typed by a person")
    await queue.get()


async def for_a_helper_task(loop: asyncio.AbstractEventLoop) -> None:
    await asyncio.create_task(for_an_event(loop))


async def for_a_helper_that_feeds_a_stream(loop: asyncio.AbstractEventLoop) -> None:
    appender: StreamAppender[str] = StreamAppender()
    promise: StreamedPromise[str, Any] = StreamedPromise(streamer=appender)

    async def feeding() -> None:
        with appender:
            await for_an_event(loop)
            appender.append("x")

    helper = asyncio.create_task(feeding())
    await promise
    await helper


async def for_an_appender_fed_by_a_timer(loop: asyncio.AbstractEventLoop) -> None:
    appender: StreamAppender[str] = StreamAppender()
    promise: StreamedPromise[str, Any] = StreamedPromise(streamer=appender)
    appender.__enter__()
    loop.call_later(60, appender.__exit__, None, None, None)
    await promise


async def for_a_resolver(loop: asyncio.AbstractEventLoop) -> None:
    async def resolver(_: object) -> None:
        await for_an_event(loop)

    await Promise(resolver=resolver)


async def for_a_gathering(loop: asyncio.AbstractEventLoop) -> None:
    await asyncio.gather(for_a_timer(loop), for_an_event(loop))


async def for_a_group(loop: asyncio.AbstractEventLoop) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(for_a_timer(loop))
        group.create_task(for_a_helper_that_feeds_a_stream(loop))


PATIENCE = (
    for_a_timer,
    for_an_event,
    for_a_queue,
    for_a_helper_task,
    for_a_helper_that_feeds_a_stream,
    for_an_appender_fed_by_a_timer,
    for_a_resolver,
    for_a_gathering,
    for_a_group,
)


@miniagent
async def patient(ctx: InteractionContext, how: Any, held: bool = False) -> None:
    work = how(asyncio.get_running_loop())
    if held:
        ctx.keep_open_for(work)
    else:
        await work
    ctx.reply("at last")


@given(st.lists(st.tuples(st.sampled_from(PATIENCE), st.booleans()), min_size=1, max_size=4), st.data())
@examples(20)
def test_whoever_waits_for_the_world_is_left_alone(calls: list[tuple[Any, bool]], data: st.DataObject) -> None:
    ways_of_waiting = [data.draw(ways) for _ in calls]

    async def main() -> float:
        async with MiniAgents():
            replies: Replies = {}
            for index, (how, held) in enumerate(calls):
                replies[index] = patient(how=how, held=held)
            watchers = [waiting(way=way, replies=replies, whom=index) for index, way in enumerate(ways_of_waiting)]
            for watcher in watchers:
                assert len(await watcher) == 1
        return asyncio.get_running_loop().time()

    assert run_in_no_time(main()) >= 60


def test_two_who_talk_in_full_duplex_at_leisure_are_left_alone() -> None:
    @miniagent
    async def slow_echo(ctx: InteractionContext) -> None:
        async for promise in ctx.message_promises:
            await asyncio.sleep(60)
            ctx.reply(promise)

    async def main() -> list[str]:
        async with MiniAgents():
            call = slow_echo.initiate_inquiry()
            said: list[str] = []
            replies = aiter(call.reply_sequence(close_request_sequence=False))
            for word in ("a", "b"):
                call.send_message(word)
                said.append(str(await (await anext(replies))))
                await asyncio.sleep(60)
            call.finish()
            return said

    assert run_in_no_time(main()) == ["a", "b"]


def test_a_cycle_that_a_timeout_will_break_is_left_to_it() -> None:
    @miniagent
    async def impatient(ctx: InteractionContext, replies: Any) -> None:
        try:
            async with asyncio.timeout(60):
                await replies[0]
        except TimeoutError:
            ctx.reply("went on without")

    async def main() -> list[str]:
        async with MiniAgents():
            replies: Replies = {}
            replies[0] = impatient(replies=replies)
            return [str(message) for message in await replies[0]]

    assert run_in_no_time(main()) == ["went on without"]


def test_a_call_that_is_held_open_is_left_alone_whatever_for() -> None:
    @miniagent
    async def held(ctx: InteractionContext, replies: Any) -> None:
        ctx.keep_open_for(by_await(replies[0]))

    async def main() -> None:
        async with MiniAgents():
            replies: Replies = {}
            replies[0] = held(replies=replies)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(60):
                    await replies[0]
            replies[0].cancel()

    run_in_no_time(main())


@miniagent
async def listening(ctx: InteractionContext) -> None:
    ctx.reply(await ctx.message_promises)


def test_an_inquiry_that_a_timer_will_finish_is_left_alone() -> None:
    async def main() -> int:
        async with MiniAgents():
            call = listening.initiate_inquiry()
            call.send_message("hello")
            asyncio.get_running_loop().call_later(60, call.finish)
            return len(await call.reply_sequence(close_request_sequence=False))

    assert run_in_no_time(main()) == 1


def test_an_inquiry_that_a_socket_may_finish_is_left_alone() -> None:
    async def main() -> int:
        ours, theirs = socket.socketpair()
        loop = asyncio.get_running_loop()
        with ours, theirs:
            async with MiniAgents():
                call = listening.initiate_inquiry()
                call.send_message("hello")
                loop.add_reader(ours, call.finish)
                timer = Timer(0.05, theirs.send, (b"x",))
                timer.start()
                try:
                    return len(await call.reply_sequence(close_request_sequence=False))
                finally:
                    timer.join()
                    loop.remove_reader(ours)

    assert run_in_no_time(main()) == 1


async def test_whoever_waits_for_a_thread_is_left_alone() -> None:
    @miniagent
    async def by_thread(ctx: InteractionContext) -> None:
        loop = asyncio.get_running_loop()
        done = loop.create_future()
        timer = Timer(0.09, loop.call_soon_threadsafe, (done.set_result, None))
        timer.start()
        await done
        timer.join()
        ctx.reply("done")

    async with MiniAgents():
        assert len(await by_thread()) == 1


@given(trees(threads=False), st.booleans())
@examples(30)
async def test_programs_that_end_are_never_reported(tree: Tree, start_asap: bool) -> None:
    async with MiniAgents(start_asap=start_asap, on_unobserved_error=ignore):
        sequence = World().sequence(tree)
        merged = sequence.pipe(ops.merge_all())
        assert await described(await by_iteration(sequence)) == expected(tree)
        assert not isinstance((await by_subscription(merged)).end, DeadlockError)


def test_a_lazy_call_that_nobody_looks_at_is_no_deadlock() -> None:
    async def main() -> None:
        async with MiniAgents():
            waiting(way=by_await, replies={}, whom=0, start_asap=False)
            await asyncio.sleep(10)

    run_in_no_time(main())


def test_it_is_found_while_others_work_on() -> None:
    async def main() -> object:
        replies: Replies = {}
        patient.kick_off(how=for_a_timer)
        replies[0] = waiting(way=by_await, replies=replies, whom=0)
        return await replies[0]

    assert seconds_until_error(main)[1] < 1


def test_the_survivor_of_a_cycle_may_go_on() -> None:
    @miniagent
    async def careful(ctx: InteractionContext, replies: Any, whom: int) -> None:
        try:
            await replies[whom]
        except DeadlockError:
            ctx.reply("survived")

    async def main() -> list[Any]:
        async with MiniAgents(on_unobserved_error=ignore):
            replies: Replies = {}
            replies[0], replies[1] = careful(replies=replies, whom=1), careful(replies=replies, whom=0)
            return [await by_iteration(replies[index]) for index in range(2)]

    views = run_in_no_time(main())
    assert any(view.end is None and len(view.pieces) == 1 for view in views)


def test_sequences_of_closed_programs_stay_readable() -> None:
    async def main() -> int:
        async with MiniAgents():
            sequence = MessageSequencePromise(["a"])
        return len(await sequence)

    assert run_in_no_time(main()) == 1
