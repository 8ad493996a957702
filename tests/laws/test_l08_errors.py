"""L8: an error appears at its position, as the same object, to every consumer; nothing follows it, nobody hangs."""

import asyncio
import traceback
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from miniagents import InteractionContext, Message, MessageSequencePromise, MiniAgents, Promise, miniagent
from tests.laws.examples import examples
from tests.laws.programs import Boom, Failing, Group, Said, Tree, trees, turns
from tests.laws.readers import READERS, Reader, Visit, by_iteration, by_subscription, ignore, readers, visits
from tests.laws.world import World


@given(trees(errors=False, size=4), trees(size=4), readers)
@examples(30)
async def test_nothing_follows_an_error(before: Tree, after: Tree, reader: Reader) -> None:
    world = World()
    async with MiniAgents(on_unobserved_error=ignore):
        ahead = await by_iteration(world.sequence(before))
        view = await reader(world.sequence(Group("list", (before, Failing(), after))))
        assert len(view.pieces) == len(ahead.pieces)
        assert view.end is world.errors["0.1"]


@given(st.lists(visits, min_size=2, max_size=5), st.integers(0, 5))
@examples(20)
async def test_the_error_is_the_same_object_for_all(visitors: list[Visit], hops: int) -> None:
    boom = Boom()

    @miniagent
    async def failing(ctx: InteractionContext) -> None:
        ctx.reply("before")
        await turns(hops)
        raise boom

    @miniagent
    async def relay(ctx: InteractionContext) -> None:
        async for promise in ctx.message_promises:
            ctx.reply(promise)

    async with MiniAgents():
        reply = failing()
        for _ in range(hops):
            reply = relay(reply)
        views = await asyncio.gather(*(visitor.see(reply) for visitor in visitors))
        assert {id(view.end) for view in views} == {id(boom)}
        assert {len(view.pieces) for view in views} == {1}


class Strange(BaseException):
    """An error that no `except Exception` catches."""


@pytest.mark.parametrize("error", [Strange(), GeneratorExit(), KeyboardInterrupt(), SystemExit(3)])
@pytest.mark.parametrize("reader", READERS)
async def test_no_reader_hangs_when_the_producer_dies_of_a_base_exception(error: BaseException, reader: Reader) -> None:
    @miniagent
    async def dying(ctx: InteractionContext) -> None:
        ctx.reply("before")
        raise error

    async with MiniAgents():
        seen: BaseException | None = None
        try:
            seen = (await reader(dying())).end
        except BaseException as raised:  # noqa: BLE001 - whatever it is
            seen = raised
        assert seen is error


@pytest.mark.parametrize("error", [StopIteration(1), StopAsyncIteration(2)])
async def test_the_ends_of_iterators_are_wrapped(error: Exception) -> None:
    async def resolver(_: object) -> None:
        raise error

    async with MiniAgents():
        promise: Promise[None] = Promise(resolver=resolver)
        with pytest.raises(RuntimeError) as caught:
            await promise
        assert caught.value.__cause__ is error or isinstance(error, StopIteration)


@pytest.mark.parametrize("error", [StopIteration(1), StopAsyncIteration(2)])
async def test_the_end_of_an_iterator_as_a_reply_is_wrapped(error: Exception) -> None:
    async with MiniAgents():
        with pytest.raises(RuntimeError) as caught:
            await MessageSequencePromise(["a", error])
        assert caught.value.__cause__ is error


async def test_the_traceback_does_not_grow() -> None:
    async def resolver(_: object) -> None:
        raise Boom

    async with MiniAgents():
        promise: Promise[None] = Promise(resolver=resolver)
        lengths: list[int] = []
        for _ in range(3):
            try:
                await promise
            except Boom as error:
                lengths.append(len(traceback.extract_tb(error.__traceback__)))
        assert len(set(lengths)) == 1


async def test_a_failing_message_does_not_end_its_sequence() -> None:
    boom = Boom()

    async def streamer(_: object) -> AsyncIterator[str]:
        yield "partial"
        raise boom

    async with MiniAgents():
        sequence = MessageSequencePromise(["a", Message.promise(message_token_streamer=streamer), "b"])
        view = await by_iteration(sequence)
        assert len(view.pieces) == 3
        assert view.end is None
        tokens = await by_subscription(view.pieces[1])
        assert (tokens.pieces, tokens.end) == (["partial"], boom)
        with pytest.raises(Boom):
            await sequence


async def test_later_siblings_of_a_failed_sequence_run_on() -> None:
    world = World()
    async with MiniAgents():
        later = world.sequence(Group("agent", (Said(), Said()), turns=5))
        with pytest.raises(Boom):
            await MessageSequencePromise([Boom(), later])
        assert len(await later) == 2


@given(st.booleans(), readers)
@examples(10)
async def test_a_broken_streamer_is_an_error_of_its_promise(start_asap: bool, reader: Reader) -> None:
    async def no_generator(_: object) -> None: ...

    async with MiniAgents():
        promise = Message.promise(message_token_streamer=no_generator, start_asap=start_asap)  # type: ignore[arg-type]
        view = await reader(promise)
        assert isinstance(view.end, TypeError)
        assert "no_generator" in str(view.end)


async def test_a_token_that_is_no_text_is_an_error_at_its_place() -> None:
    async def streamer(_: object) -> AsyncIterator[object]:
        yield "a"
        yield 3

    async with MiniAgents():
        view = await by_iteration(Message.promise(message_token_streamer=streamer))  # type: ignore[arg-type]
        assert view.pieces == ["a"]
        assert isinstance(view.end, TypeError)
        assert "3" in str(view.end)
