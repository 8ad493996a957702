"""What every operator has to get right, whatever it is for, and however its output is read."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import pytest
import reactivex as rx

from miniagents import Message, MessageSequencePromise, MiniAgents
from miniagents import operators as ops
from miniagents.operators import AWAIT, CLEAR
from tests.laws.programs import turns
from tests.operators.reading import READERS, Read, Reader, by_iteration
from tests.operators.scripted import Boom

Text = Callable[[str], str]


def same(text: str) -> str:
    return text


def and_back(source: Any) -> Any:
    return source.pipe(ops.as_results(), ops.from_results())


@dataclass(frozen=True)
class Case:
    """An operator, what it makes of a text, and what it does with errors."""

    name: str
    make: Callable[[], Any]
    text: Text = same
    streams: bool = True
    """Whether the first thing comes out before the last has gone in."""
    joins: bool = False
    """Whether it ends at the first message that fails."""
    takes_errors: bool = False
    """Whether errors come out as something else."""


CASES = [
    Case("flatten", ops.flatten),
    Case("merge_all", ops.merge_all),
    Case("chain", lambda: ops.chain(ops.flatten(), None, ops.map_tokens(str.upper)), str.upper),
    Case("fan_out", lambda: ops.fan_out(ops.flatten(), ops.map_tokens(str.upper)), lambda text: text + text.upper()),
    Case("loop", lambda: ops.loop(ops.map_tokens(str.upper), AWAIT, until=lambda _: True), str.upper, False, True),
    Case("as_single_promise", lambda: ops.as_single_promise(separator=""), joins=True),
    Case("tokens", ops.tokens, joins=True),
    Case("map_tokens", lambda: ops.map_tokens(str.upper), str.upper),
    Case("map_messages", lambda: ops.map_messages(lambda m: [m, m]), lambda t: "".join(f"{c}{c}" for c in t)),
    Case("filter_messages", lambda: ops.filter_messages(lambda m: str(m) != "b"), lambda text: text.replace("b", "")),
    Case("as_results", ops.as_results, takes_errors=True),
    Case("from_results", lambda: and_back),
    Case("errors_as_messages", ops.errors_as_messages, takes_errors=True),
    Case("AWAIT", lambda: AWAIT, streams=False, joins=True),
    Case("CLEAR", lambda: CLEAR, lambda _: "", streams=False, takes_errors=True),
]


@pytest.fixture(params=READERS, ids=lambda reader: reader.__name__)
def read(request: pytest.FixtureRequest) -> Reader:
    reader: Reader = request.param
    return reader


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def case(request: pytest.FixtureRequest) -> Case:
    found: Case = request.param
    return found


def ignore(_: BaseException, __: str) -> None:
    """What CLEAR clears away nobody observes."""


async def slowly(*items: Any) -> AsyncIterator[Any]:
    for item in items:
        await asyncio.sleep(0)
        yield item


async def for_ever() -> AsyncIterator[Any]:
    while True:
        yield "a"
        await asyncio.sleep(0)


@pytest.mark.parametrize("texts", ["", "a", "abc"], ids=["empty", "one", "many"])
@pytest.mark.parametrize("start_asap", [True, False], ids=["eager", "lazy"])
async def test_empty_one_many(case: Case, read: Reader, texts: str, start_asap: bool) -> None:
    async with MiniAgents(start_asap=start_asap):
        out = MessageSequencePromise(slowly(*texts)).pipe(case.make())
        assert await read(out) == Read(case.text(texts))


@pytest.mark.parametrize("case", [case for case in CASES if case.streams], ids=lambda case: case.name)
async def test_the_first_comes_out_of_an_endless_source(case: Case) -> None:
    async with MiniAgents(on_unobserved_error=ignore):
        source = MessageSequencePromise(for_ever())
        out = source.pipe(case.make())
        seen: list[Any] = []
        subscription = out.subscribe(seen.append)
        assert await anext(aiter(out))
        subscription.dispose()
        assert seen
        for link in source._pieces:
            link.cancel()


async def test_a_source_that_never_emits_hurts_nobody(case: Case, read: Reader) -> None:
    async with MiniAgents():
        out = MessageSequencePromise(rx.never()).pipe(case.make())
        reading = asyncio.ensure_future(read(out))
        await turns(5)
        assert reading.done() is (case.name == "CLEAR")
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        out.cancel()


async def test_an_error_of_the_source_comes_after_what_came(case: Case, read: Reader) -> None:
    boom = Boom("boom")
    async with MiniAgents(on_unobserved_error=ignore):
        got = await read(MessageSequencePromise(slowly("a", boom)).pipe(case.make()))
    if case.takes_errors:
        assert not got.errors
    else:
        assert set(got.errors) == {boom}
        assert got.text in (None, "", case.text("a"), "a")


async def test_a_message_that_fails_stays_in_its_place(case: Case, read: Reader) -> None:
    boom = Boom("boom")

    async def broken(_: dict[str, Any]) -> AsyncIterator[str]:
        yield "x"
        raise boom

    async with MiniAgents(on_unobserved_error=ignore):
        failing = Message.promise(message_token_streamer=broken)
        got = await read(MessageSequencePromise(slowly("a", failing, "c")).pipe(case.make()))
    if case.takes_errors:
        assert not got.errors
        assert got.text is not None
        assert got.text.endswith(case.text("c"))
    else:
        assert set(got.errors) == {boom}
        assert got.text is None or case.joins or case.text("c")[-1:] in got.text


def fail(_: object) -> Any:
    raise Boom("callback")


CALLBACKS = {
    "chain": lambda: ops.chain(ops.flatten(), ops.map_messages(fail)),
    "fan_out": lambda: ops.fan_out(ops.flatten(), ops.filter_messages(fail)),
    "loop": lambda: ops.loop(AWAIT, ops.flatten(), until=fail),
    "map_tokens": lambda: ops.map_tokens(fail),
    "map_messages": lambda: ops.map_messages(fail),
    "filter_messages": lambda: ops.filter_messages(fail),
}


@pytest.mark.parametrize("make", CALLBACKS.values(), ids=CALLBACKS)
async def test_a_callback_that_raises_is_an_error_of_the_output(make: Callable[[], Any], read: Reader) -> None:
    async with MiniAgents():
        source = MessageSequencePromise(slowly("a", "b"))
        got = await read(source.pipe(make()))
        assert {str(error) for error in got.errors} == {"callback"}
        assert [str(message) for message in await source] == ["a", "b"]


async def test_a_reader_that_leaves_early_changes_nothing_for_others(case: Case, read: Reader) -> None:
    async with MiniAgents():
        out = MessageSequencePromise(slowly(*"abc")).pipe(case.make())
        out.subscribe(lambda _: subscription.dispose())
        subscription = out.subscribe(lambda _: None)
        async for _ in out:
            break
        leaving = asyncio.ensure_future(by_iteration(out))
        await asyncio.sleep(0)
        leaving.cancel()
        await asyncio.gather(leaving, return_exceptions=True)
        assert await read(out) == Read(case.text("abc"))


async def test_who_comes_late_sees_the_same(case: Case, read: Reader) -> None:
    async with MiniAgents():
        out = MessageSequencePromise(slowly(*"abc")).pipe(case.make())
        await out
        assert await read(out) == await read(out) == Read(case.text("abc"))
    assert await read(out) == Read(case.text("abc"))
