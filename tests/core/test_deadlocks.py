"""Deadlocks that are hard to see: through operators and helper tasks, and when something ends without a trace."""

from __future__ import annotations

import asyncio
import gc
import itertools
import weakref
from collections.abc import AsyncIterator
from typing import Any

import pytest

from miniagents import InteractionContext, Message, MiniAgents, miniagent
from miniagents import operators as ops
from miniagents.core.errors import DeadlockError, PromiseCancelledError
from miniagents.core.waits import Watchdog
from tests.core.workers import slow
from tests.laws.clock import run_in_no_time
from tests.laws.readers import by_iteration, ignore
from tests.laws.waiting import Replies, by_await, seconds_until_error, waiting

OPERATORS: dict[str, Any] = {
    "map_tokens": ops.map_tokens(str.upper),
    "map_messages": ops.map_messages(lambda message: message),
    "filter_messages": ops.filter_messages(lambda message: True),
    "merge_all": ops.merge_all(),
    "as_single_promise": ops.as_single_promise(),
    "errors_as_messages": ops.errors_as_messages(),
}


@miniagent
async def waiting_through(_: InteractionContext, replies: Any, whom: int, operator: Any) -> None:
    await replies[whom].pipe(operator)


@pytest.mark.parametrize("operator", OPERATORS)
def test_two_who_wait_for_each_other_through_an_operator_are_a_cycle(operator: str) -> None:
    async def main() -> object:
        replies: Replies = {}
        for index in range(2):
            replies[index] = waiting_through(replies=replies, whom=1 - index, operator=OPERATORS[operator])
        return await asyncio.gather(replies[0], replies[1])

    assert seconds_until_error(main)[1] < 1


@pytest.mark.parametrize(("look_seconds", "at_least", "at_most"), [(0.0, 0.2, 0.8), (0.1, 0.8, 3.0), (60.0, 1.5, 5.0)])
def test_looks_that_take_long_are_made_less_often_but_not_never(
    look_seconds: float, at_least: float, at_most: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = itertools.count(step=look_seconds)
    monkeypatch.setattr("miniagents.core.waits.perf_counter", lambda: next(clock))

    async def main() -> object:
        replies: Replies = {}
        for index in range(2):
            replies[index] = waiting(replies=replies, whom=1 - index, way=by_await)
        return await replies[0]

    assert at_least < seconds_until_error(main)[1] < at_most


@pytest.mark.parametrize("operator", OPERATORS)
def test_a_reply_that_contains_itself_through_an_operator_is_a_cycle(operator: str) -> None:
    @miniagent
    async def containing(ctx: InteractionContext, replies: Any) -> None:
        ctx.reply(replies[0].pipe(OPERATORS[operator]))

    async def main() -> object:
        replies: Replies = {}
        replies[0] = containing(replies=replies)
        return [await promise async for promise in replies[0]]

    async def error_in_a_message() -> None:
        assert "DeadlockError" in str(await main())
        raise DeadlockError("", ())

    awaited = error_in_a_message if operator == "errors_as_messages" else main
    assert seconds_until_error(awaited)[1] < 1


def test_a_cycle_of_nothing_but_streams_is_told_by_their_kinds() -> None:
    @miniagent
    async def containing(ctx: InteractionContext, replies: Any) -> None:
        ctx.reply(replies[0].as_single_promise())

    async def main() -> object:
        replies: Replies = {}
        replies[0] = containing(replies=replies)
        return await replies[0]

    assert seconds_until_error(main)[0].cycle == ("MessagePromise waits for MessagePromise",)


def test_a_message_that_waits_for_what_it_holds_up_is_a_cycle() -> None:
    @miniagent
    async def streaming(ctx: InteractionContext, replies: Any) -> None:
        async def tokens(_: dict[str, Any]) -> AsyncIterator[str]:
            yield "some"
            await replies["filtered"]

        ctx.reply(Message.promise(message_token_streamer=tokens))

    async def main() -> object:
        replies: dict[str, Any] = {}
        reply = streaming(replies=replies)
        replies["filtered"] = reply.pipe(ops.filter_messages(lambda message: True))
        return await replies["filtered"]

    assert seconds_until_error(main)[1] < 1


def test_the_error_says_who_waits_where_and_for_whom() -> None:
    @miniagent
    async def settling(_: InteractionContext, replies: Any) -> None:
        await asyncio.create_task(joining(replies))

    async def joining(replies: Any) -> None:
        await replies["both"].as_single_promise().settled()

    @miniagent
    async def awaiting(ctx: InteractionContext, replies: Any) -> None:
        replies["settling"] = settling(replies=replies)
        await replies["settling"]

    async def main() -> object:
        replies: dict[str, Any] = {}
        replies["both"] = awaiting(replies=replies)
        return await replies["both"]

    error, _ = seconds_until_error(main)
    first, second = sorted(line.replace(__file__, "here") for line in error.cycle)
    assert first.startswith("AWAITING (here:") and first.endswith(") waits for AWAITING -> SETTLING")
    assert second.startswith("AWAITING -> SETTLING (here:") and second.endswith(") waits for MessagePromise")
    assert str(error).endswith("; ".join(error.cycle))


@pytest.mark.parametrize("began", ["outside", "inside"])
def test_a_task_of_nobody_in_a_cycle_is_named_main(began: str) -> None:
    @miniagent
    async def awaiting(_: InteractionContext, task: Any) -> None:
        await task

    async def reading(replies: asyncio.Future[Any]) -> None:
        await (await replies)

    async def main() -> DeadlockError:
        replies = asyncio.get_running_loop().create_future()
        task = asyncio.ensure_future(reading(replies)) if began == "outside" else None
        await asyncio.sleep(0)
        async with MiniAgents(on_unobserved_error=ignore):
            task = task or asyncio.ensure_future(reading(replies))
            reply = awaiting(task=task)
            replies.set_result(reply)
            with pytest.raises(DeadlockError) as caught:
                await reply
            return caught.value

    (line,) = run_in_no_time(main()).cycle
    assert line.startswith(f"main ({__file__}:") and line.endswith(") waits for AWAITING")


def test_the_error_names_only_those_in_the_cycle() -> None:
    async def main() -> object:
        replies: Replies = {}
        replies[0] = waiting(way=by_await, replies=replies, whom=0)
        for index in range(1, 4):
            replies[index] = waiting(way=by_await, replies=replies, whom=index - 1)
        return await replies[3]

    assert len(seconds_until_error(main)[0].cycle) == 1


@miniagent
async def careless(_: InteractionContext, replies: Any, whom: int) -> None:
    await replies[whom]


def test_whoever_has_got_what_it_waited_for_may_wait_for_something_else() -> None:
    """The cycle is broken at both ends, but the error of the one may reach the other first."""

    @miniagent
    async def careful(ctx: InteractionContext, replies: Any, whom: int) -> None:
        assert isinstance((await by_iteration(replies[whom])).end, DeadlockError)
        ctx.reply(slow(log=[]))
        ctx.reply(str((await slow(log=[]))[0]))

    async def main() -> None:
        async with MiniAgents(on_unobserved_error=ignore):
            for _ in range(10):  # which of them hears of it first is a matter of chance
                replies: Replies = {}
                replies[0] = careful(replies=replies, whom=1)
                replies[1] = careless(replies=replies, whom=0)
                assert [str(message) for message in await replies[0]] == ["done", "done"]

    run_in_no_time(main())


def test_what_was_in_a_cycle_is_not_kept() -> None:
    @miniagent
    async def resigned(_: InteractionContext, replies: Any, whom: int) -> None:
        await by_iteration(replies[whom])

    async def main() -> None:
        async with MiniAgents(on_unobserved_error=ignore):
            left: list[weakref.ref[Any]] = []
            for _ in range(10):  # as above
                replies: Replies = {}
                replies[0] = resigned(replies=replies, whom=1)
                replies[1] = careless(replies=replies, whom=0)
                await replies[0].settled()
                left += map(weakref.ref, replies.values())
                replies.clear()
            await asyncio.sleep(1)
            gc.collect()
            assert [ref() for ref in left if ref() is not None] == []

    run_in_no_time(main())


def test_a_cycle_shows_when_what_could_have_moved_it_has_ended_without_doing_so() -> None:
    @miniagent
    async def hoping(_: InteractionContext, replies: Any) -> None:
        helper = asyncio.create_task(asyncio.sleep(60))
        await replies[0]
        await helper

    async def main() -> object:
        replies: Replies = {}
        replies[0] = hoping(replies=replies)
        return await replies[0]

    assert 60 <= seconds_until_error(main)[1] < 61


def test_a_timer_that_was_called_off_does_not_hide_a_cycle() -> None:
    @miniagent
    async def in_time(_: InteractionContext, replies: Any) -> None:
        async with asyncio.timeout(60):
            await asyncio.sleep(0)
        await replies[0]

    async def main() -> object:
        replies: Replies = {}
        replies[0] = in_time(replies=replies)
        return await replies[0]

    assert seconds_until_error(main)[1] < 1


def test_a_gathering_waits_in_vain_when_all_that_is_left_of_it_does() -> None:
    @miniagent
    async def gathering(_: InteractionContext, replies: Any) -> None:
        typed_by_a_person = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_later(60, typed_by_a_person.set_result, None)
        await asyncio.gather(by_await(replies[0]), typed_by_a_person, asyncio.sleep(30))

    async def main() -> object:
        replies: Replies = {}
        replies[0] = gathering(replies=replies)
        return await replies[0]

    assert 60 <= seconds_until_error(main)[1] < 61


@pytest.mark.parametrize("patience", [0, 60])
def test_a_group_of_tasks_waits_in_vain_when_all_that_is_left_of_it_does(patience: float) -> None:
    @miniagent
    async def grouping(_: InteractionContext, replies: Any, whom: int) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(by_await(replies[whom]))
            group.create_task(asyncio.sleep(patience))

    async def main() -> object:
        replies: Replies = {}
        replies[0] = grouping(replies=replies, whom=1)
        replies[1] = waiting(way=by_await, replies=replies, whom=0)
        try:
            return await replies[1]
        except BaseExceptionGroup as error:
            raise error.exceptions[0] from None

    assert patience <= seconds_until_error(main)[1] < patience + 1


def test_a_cycle_that_somebody_has_just_broken_is_none() -> None:
    @miniagent
    async def tidy(_: InteractionContext, replies: Any, whom: int) -> None:
        try:
            await replies[whom]
        finally:
            await asyncio.sleep(1)

    async def main() -> BaseException | None:
        async with MiniAgents(on_unobserved_error=ignore):
            loop = asyncio.get_running_loop()
            replies: Replies = {}
            replies[0] = tidy(replies=replies, whom=1)
            replies[1] = waiting(way=by_await, replies=replies, whom=0)
            loop.call_at(loop.time() + 2 * Watchdog.interval - 1e-10, replies[0].cancel)  # in the very turn of a look
            return (await by_iteration(replies[1])).end

    assert isinstance(run_in_no_time(main()), PromiseCancelledError)


def test_a_cleanup_that_waits_for_the_call_that_waits_for_it_is_a_cycle() -> None:
    errors: list[BaseException | None] = []

    @miniagent
    async def clinging(_: InteractionContext, replies: Any) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            errors.append((await by_iteration(replies[0])).end)

    @miniagent
    async def calling(_: InteractionContext, replies: Any) -> None:
        await clinging(replies=replies)

    async def main() -> float:
        async with MiniAgents(on_unobserved_error=ignore):
            replies: Replies = {}
            replies[0] = calling(replies=replies)
            await asyncio.sleep(0.01)
            replies[0].cancel()
            with pytest.raises(PromiseCancelledError):
                await replies[0]
        return asyncio.get_running_loop().time()

    assert run_in_no_time(main()) < 1
    assert [type(error) for error in errors] == [DeadlockError]


@pytest.mark.parametrize("operator", [None, "map_tokens"])
def test_an_inquiry_that_was_never_finished_is_reported_once_however_many_wait(operator: str | None) -> None:
    @miniagent
    async def listener(ctx: InteractionContext) -> None:
        try:
            await (ctx.message_promises if operator is None else ctx.message_promises.pipe(OPERATORS[operator]))
        finally:
            await asyncio.sleep(1)

    async def main() -> None:
        async with MiniAgents():
            call = listener.initiate_inquiry()
            view = await by_iteration(call.reply_sequence(close_request_sequence=False))
            assert "never finished" in str(view.end)

    for _ in range(5):  # who comes first in the cycle is a matter of chance
        with pytest.raises(BaseExceptionGroup) as caught:
            run_in_no_time(main())
        (error,) = caught.value.exceptions
        assert "an inquiry of LISTENER was initiated and never finished" in str(error)


def test_an_inquiry_that_nobody_can_finish_any_more_is_found_whatever_else_is_to_come() -> None:
    @miniagent
    async def listener(ctx: InteractionContext) -> None:
        await ctx.message_promises

    async def main() -> object:
        asyncio.get_running_loop().call_later(600, list)
        return await listener.initiate_inquiry().reply_sequence(close_request_sequence=False)

    assert seconds_until_error(main)[1] < 1


def test_an_inquiry_that_was_never_finished_is_reported_once_though_nobody_observes_it() -> None:
    errors: list[BaseException | None] = []

    @miniagent
    async def listener(ctx: InteractionContext) -> None:
        errors.append(await ctx.message_promises.settled())

    async def main() -> None:
        async with MiniAgents():
            call = listener.initiate_inquiry()
            assert await call.reply_sequence(close_request_sequence=False) == ()

    with pytest.raises(BaseExceptionGroup) as caught:
        run_in_no_time(main())
    assert list(caught.value.exceptions) == errors


@pytest.fixture
def few_at_a_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a few waits are many."""
    monkeypatch.setattr(Watchdog, "at_once", 2)
    monkeypatch.setattr(Watchdog, "again", 1)


@miniagent
async def patient(_: InteractionContext, seconds: float) -> None:
    await asyncio.sleep(seconds)


@pytest.mark.usefixtures("few_at_a_look")
def test_a_new_cycle_is_found_in_time_among_many_who_wait_at_leisure() -> None:
    async def main() -> object:
        for _ in range(30):
            waiting(way=by_await, replies={0: patient(seconds=600)}, whom=0)
        await asyncio.sleep(30)
        replies: Replies = {}
        replies[0] = waiting(way=by_await, replies=replies, whom=0)
        return await replies[0]

    assert seconds_until_error(main)[1] < 31


@pytest.mark.usefixtures("few_at_a_look")
def test_those_who_wait_long_are_looked_at_again_by_turns() -> None:
    @miniagent
    async def hoping(_: InteractionContext, replies: Any, index: int) -> None:
        helper = asyncio.create_task(asyncio.sleep(60))
        await replies[index]
        await helper

    async def main() -> float:
        async with MiniAgents(on_unobserved_error=ignore):
            for _ in range(3):
                waiting(way=by_await, replies={0: patient(seconds=600)}, whom=0)
            replies: Replies = {}
            for index in range(10):
                replies[index] = hoping(replies=replies, index=index)
            for index in range(10):
                assert isinstance((await by_iteration(replies[index])).end, DeadlockError)
            return asyncio.get_running_loop().time()

    assert run_in_no_time(main()) < 66
