"""Programs of agents, one random action after the other, against a model: lists of texts and how each ended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from contextvars import copy_context
from dataclasses import dataclass, field
from typing import Any, TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from typing_extensions import override

from miniagents import AgentCall, InteractionContext, MessageSequencePromise, MiniAgents, miniagent
from miniagents.core.errors import PromiseCancelledError
from tests.laws.programs import Boom, turns
from tests.laws.readers import READERS, Reader, View
from tests.loop import nothing_reported

T = TypeVar("T")

TURNS = 12
"""Turns of the loop after which nothing moves any more that nobody moves."""

Order = str | BaseException | Callable[[], object] | None
"""What an agent is told: to reply a text or what a function gives, to raise, or (None) to return."""


@dataclass(eq=False)
class Call:
    """A call, and beside it the model of its reply."""

    orders: asyncio.Queue[Order] = field(default_factory=asyncio.Queue)
    parts: list[str | Call] = field(default_factory=list)
    """Texts, and the calls whose replies it has replied."""
    end: str = "open"
    """open, done, failed or cancelled"""
    error: BaseException | None = None
    children: list[Call] = field(default_factory=list)
    running: bool = False
    """Whether its code runs; no model, this is the agent's own word."""
    made: list[MessageSequencePromise] = field(default_factory=list)

    @property
    def reply(self) -> MessageSequencePromise:
        return self.made[0]

    def known(self) -> tuple[list[str], str, BaseException | None]:
        """The model: texts that a reader gets, and what it finds after them (open: it waits)."""
        texts: list[str] = []
        for part in self.parts:
            if isinstance(part, str):
                texts.append(part)
                continue
            more, end, error = part.known()
            texts += more
            if end != "done":
                return texts, end, error
        return texts, self.end, self.error

    def stop(self) -> None:
        """The model of `cancel()`: it stops this call and all that was called inside it, as far as it runs."""
        if self.end == "open":
            self.end = "cancelled"
        for child in self.children:
            child.stop()


@miniagent
async def obeying(ctx: InteractionContext, call: Any) -> None:
    call.running = True
    try:
        while (order := await call.orders.get()) is not None:
            if isinstance(order, Boom):
                raise order
            ctx.reply(order() if callable(order) else order)
    finally:
        await turns(1)
        call.running = False


@miniagent
async def echoing(ctx: InteractionContext) -> None:
    ctx.reply(ctx.message_promises)


class Programs(RuleBasedStateMachine):
    """Calls that are told what to do, one order at a time, with readers that come whenever they like."""

    calls: Bundle[Call] = Bundle("calls")
    duplexes: Bundle[tuple[AgentCall, list[str]]] = Bundle("duplexes")

    def __init__(self) -> None:
        super().__init__()
        self._reported = nothing_reported()
        self._reported.__enter__()
        self._runner = asyncio.Runner()
        self._variables = copy_context()
        self._count = 0
        self._all: list[Call] = []
        self._readers: list[tuple[Call, asyncio.Task[View]]] = []
        self._context = MiniAgents(on_unobserved_error=lambda _, __: None)
        self._in_context(self._context.__aenter__())

    def _in_context(self, step: Coroutine[Any, Any, T]) -> T:
        """Let `step` run, and then all that it has set off."""

        async def main() -> T:
            result = await step
            await turns(TURNS)
            return result

        return self._runner.run(main(), context=self._variables)

    def _name(self) -> str:
        self._count += 1
        return f"{self._count}"

    def _new(self) -> Call:
        call = Call()
        self._all.append(call)
        return call

    @rule(target=calls)
    def start(self) -> Call:
        async def step() -> Call:
            call = self._new()
            call.made.append(obeying(call=call))
            return call

        return self._in_context(step())

    @rule(target=calls, outer=calls, replied=st.booleans())
    def call_inside(self, outer: Call, replied: bool) -> Any:
        """An agent calls another, and replies with its reply, or keeps it to itself."""
        if outer.end != "open":
            return multiple()

        async def step() -> Call:
            inner = self._new()

            def inside() -> object:
                inner.made.append(obeying(call=inner))
                return inner.reply if replied else []

            outer.orders.put_nowait(inside)
            await turns(TURNS)
            return inner

        inner = self._in_context(step())
        outer.children.append(inner)
        if replied:
            outer.parts.append(inner)
        return inner

    @rule(call=calls, what=st.sampled_from(["text", "error", "return"]))
    def order(self, call: Call, what: str) -> None:
        if call.end != "open":
            return
        name = self._name()
        order: Order = {"text": name, "error": Boom(name), "return": None}[what]
        if isinstance(order, str):
            call.parts.append(order)
        else:
            call.end, call.error = ("failed", order) if order is not None else ("done", None)
        self._in_context(_put(call.orders, order))

    @rule(call=calls)
    def cancel(self, call: Call) -> None:
        async def step() -> bool:
            return call.reply.cancel()

        anything = any(one.running for one in _below(call))
        assert self._in_context(step()) == anything
        call.stop()
        assert not any(one.running for one in _below(call)), "it has stopped"

    @rule(call=calls, reader=st.sampled_from(READERS))
    def come_and_read(self, call: Call, reader: Reader) -> None:
        async def step() -> asyncio.Task[View]:
            return asyncio.ensure_future(reader(call.reply))

        self._readers.append((call, self._in_context(step())))

    @rule(index=st.integers(0, 20))
    def a_reader_leaves(self, index: int) -> None:
        if index < len(self._readers):
            _, task = self._readers.pop(index)
            self._in_context(_leave(task))

    @rule(call=consumes(calls))
    def forget(self, call: Call) -> None:
        """Nobody but readers and callers holds the promise any more."""

    @rule(target=duplexes)
    def initiate(self) -> tuple[AgentCall, list[str]]:
        async def step() -> AgentCall:
            return echoing.initiate_inquiry()

        return self._in_context(step()), []

    @rule(duplex=duplexes)
    def send_and_read_while_it_is_open(self, duplex: tuple[AgentCall, list[str]]) -> None:
        call, sent = duplex
        name = self._name()
        sent.append(name)

        async def step() -> list[str]:
            call.send_message(name)
            reply = call.reply_sequence(close_request_sequence=False)
            seen = aiter(reply)
            return [str(await (await anext(seen))) for _ in sent]

        assert self._in_context(step()) == sent

    @rule(duplex=consumes(duplexes))
    def finish(self, duplex: tuple[AgentCall, list[str]]) -> None:
        call, sent = duplex

        async def step() -> list[str]:
            return [str(message) for message in await call.reply_sequence()]

        assert self._in_context(step()) == sent

    @invariant()
    def every_reader_knows_what_the_model_knows(self) -> None:
        for call, task in list(self._readers):
            _, end, _ = call.known()
            assert task.done() == (end != "open"), (end, call)
            if task.done():
                self._readers.remove((call, task))
                self._in_context(_check(call, task.result()))

    @override
    def teardown(self) -> None:
        """Leave the context by an error, which stops everything."""
        try:
            self._in_context(self._leave())
            assert not any(call.running for call in self._all)
        finally:
            self._runner.close()
            self._reported.__exit__(None, None, None)

    async def _leave(self) -> None:
        await self._context.__aexit__(Boom, Boom("the end"), None)
        await asyncio.wait_for(asyncio.gather(*(task for _, task in self._readers)), 1)


async def _put(orders: asyncio.Queue[Order], order: Order) -> None:
    orders.put_nowait(order)


async def _leave(task: asyncio.Task[View]) -> None:
    task.cancel()
    await asyncio.wait([task])


async def _check(call: Call, view: View) -> None:
    texts, end, error = call.known()
    assert await _texts(view.pieces) == texts
    if end == "cancelled":
        assert isinstance(view.end, PromiseCancelledError)
        if call.end == "cancelled":
            assert (await _texts(view.end.partial))[: len(texts)] == texts
    else:
        assert view.end is error


async def _texts(promises: Iterable[Any]) -> list[str]:
    return [str(await promise) for promise in promises]


def _below(call: Call) -> list[Call]:
    return [call, *(one for child in call.children for one in _below(child))]


def test_every_reader_of_every_program_sees_what_the_model_says() -> None:
    run_state_machine_as_test(Programs, settings=settings(max_examples=60, stateful_step_count=25))
