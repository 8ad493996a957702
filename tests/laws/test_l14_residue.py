"""L14: a closed context leaves nothing behind: no task, no timer, no message; an unobserved error has been raised."""

import asyncio
import gc
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import reactivex as rx
from hypothesis import given

from miniagents import InteractionContext, Message, MessageSequencePromise, MiniAgents, miniagent
from tests.laws.examples import examples
from tests.laws.programs import Boom, Group, Said, Tree, expected, trees, turns
from tests.laws.readers import Reader, by_iteration, ignore, readers, whole_of
from tests.laws.world import World


@contextmanager
def no_collector() -> Iterator[None]:
    """What goes away in this block does so because nobody holds it, not because a cycle was collected."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def timers(loop: asyncio.AbstractEventLoop) -> list[object]:
    return [timer for timer in vars(loop)["_scheduled"] if not timer.cancelled()]


@given(trees(), readers)
@examples(30)
async def test_no_task_and_no_timer_is_left(tree: Tree, reader: Reader) -> None:
    loop = asyncio.get_running_loop()
    async with MiniAgents(on_unobserved_error=ignore):
        sequence = World().sequence(tree)
        await reader(sequence)
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert not timers(loop)


@given(trees(errors=False, threads=False), readers)
@examples(30)
async def test_messages_go_when_nobody_holds_them(tree: Tree, reader: Reader) -> None:
    with no_collector():
        async with MiniAgents():
            world: Any = World()
            sequence: Any = world.sequence(tree)
            await reader(sequence)
            remains = [weakref.ref(promise) for promise in (await reader(sequence)).pieces]
            remains += [weakref.ref(message) for message in await sequence]
            remains.append(weakref.ref(sequence))
        await turns(2)
        del sequence, world
        assert [left() for left in remains if left() is not None] == []


async def test_messages_go_while_the_context_lives_on() -> None:
    @miniagent
    async def echo(ctx: InteractionContext) -> None:
        async for promise in ctx.message_promises:
            ctx.reply(Message(str(await promise)))

    with no_collector():
        async with MiniAgents():
            remains = []
            for number in range(20):
                reply = (echo | echo)(f"{number}")
                remains += [weakref.ref(message) for message in await reply]
            del reply
            await turns(3)
            assert [left() for left in remains if left() is not None] == []


@given(trees(threads=False))
@examples(40)
async def test_an_error_that_nobody_saw_is_raised_at_the_end(tree: Tree) -> None:
    end = expected(tree)[1]
    world = World()
    raised: list[BaseException] = []
    try:
        async with MiniAgents():
            sequence = world.sequence(tree)
            await turns(100)  # what comes from outside must have come before the context closes
    except* Boom as group:
        raised = list(group.exceptions)
    assert {id(error) for error in raised} <= {id(error) for error in world.errors.values()}
    assert len(raised) == len({id(error) for error in raised}), "an error is raised once"
    if end in world.errors:  # a lazy call has never run
        assert world.errors[end] in raised
    del sequence


@given(trees())
@examples(30)
async def test_the_error_that_somebody_saw_is_not_raised_again(tree: Tree) -> None:
    world = World()
    seen: object = None
    raised: list[BaseException] = []
    try:
        async with MiniAgents():
            seen = await whole_of(world.sequence(tree))
    except* Boom as group:
        raised = list(group.exceptions)
    assert seen not in [str(error) for error in raised]


@given(trees(threads=False))
@examples(30)
async def test_after_everything_was_seen_nothing_is_raised(tree: Tree) -> None:
    async with MiniAgents():
        view = await by_iteration(World().sequence(tree))
        for promise in view.pieces:
            await by_iteration(promise)
        await turns(100)  # what has not come in when the context closes never stood behind the error


async def test_a_thousand_calls_leave_no_object_of_ours_behind() -> None:
    @miniagent
    async def echo(ctx: InteractionContext) -> None:
        ctx.reply(ctx.message_promises)

    async with MiniAgents():
        await _calls(echo, 10)
        gc.collect()
        before = len(gc.get_objects())
        await _calls(echo, 1000)
        gc.collect()
        assert len(gc.get_objects()) - before < 100


async def _calls(agent: Any, count: int) -> None:
    for _ in range(count):
        await agent("hi")


async def test_a_closed_context_is_not_kept_alive_by_what_was_made_in_it() -> None:
    async def use() -> weakref.ref[MiniAgents]:
        context = MiniAgents()
        async with context:
            await World().sequence(_small())
        return weakref.ref(context)

    remains = await asyncio.create_task(use())
    await turns(2)
    gc.collect()
    assert remains() is None


def _small() -> Tree:
    return Group("agent", (Said(), Group("generator agent", (Said(),))))


@pytest.mark.parametrize("end", [None, ZeroDivisionError()])
async def test_a_source_from_outside_is_disposed_when_the_context_closes(end: Exception | None) -> None:
    disposed: list[str] = []
    never = rx.create(lambda observer, _: rx.disposable.Disposable(lambda: disposed.append("disposed")))
    try:
        async with MiniAgents():
            sequence = MessageSequencePromise(never)
            await turns(2)
            if end is not None:
                raise end
    except ZeroDivisionError:
        pass
    assert disposed == ["disposed"]
    assert "closed" in str((await by_iteration(sequence)).end)
