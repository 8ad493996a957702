"""L10: when a consumer hears that a promise was cancelled, its producer and all calls made inside it have stopped."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from miniagents import InteractionContext, Message, MessageSequencePromise, MiniAgents, miniagent
from miniagents.core.errors import PromiseCancelledError
from tests.laws.examples import examples
from tests.laws.programs import turns
from tests.laws.readers import READERS, Reader, View, by_iteration, ignore


@dataclass(frozen=True)
class Job:
    """A call: what it calls inside, how long it works, and how long its cleanup takes, in turns of the loop."""

    inside: tuple[Job, ...] = ()
    uses: Literal["reply", "read", "hold", "drop", "lazy", "stream"] = "reply"
    works: int | None = None  # None: for ever
    cleanup: int = 0


jobs: st.SearchStrategy[Job] = st.recursive(
    st.builds(Job, uses=st.sampled_from(["reply", "stream"]), works=st.none() | st.integers(0, 4)),
    lambda inner: st.builds(
        Job,
        st.lists(inner, max_size=3).map(tuple),
        st.sampled_from(["reply", "read", "hold", "drop", "lazy", "stream"]),
        st.none() | st.integers(0, 8),
        st.integers(0, 4),
    ),
    max_leaves=8,
)


class Busy:
    """Counts what runs, from its first line to the end of its cleanup."""

    def __init__(self) -> None:
        self.running = 0

    async def clean_up(self, job: Job) -> None:
        try:
            await turns(job.cleanup)
        finally:  # also where the cancellation strikes while an agent that is done cleans up
            self.running -= 1


@miniagent
async def doing(ctx: InteractionContext, job: Job, busy: Busy) -> None:
    busy.running += 1
    try:
        ctx.reply("started")
        kept = [_use(ctx, inner, busy) for inner in job.inside]
        if job.uses == "read":
            for reply in kept:
                await by_iteration(reply)
        await _work(job)
    finally:
        await busy.clean_up(job)


async def _work(job: Job) -> None:
    if job.works is None:
        await asyncio.Event().wait()
    else:
        await turns(job.works)


def _use(ctx: InteractionContext, job: Job, busy: Busy) -> MessageSequencePromise:
    if job.uses == "stream":
        reply = MessageSequencePromise(_streaming(job, busy))
    else:
        reply = doing(job=job, busy=busy, start_asap=job.uses != "lazy")
    if job.uses in ("reply", "lazy", "stream"):
        ctx.reply(reply)
    elif job.uses == "hold":
        ctx.keep_open_for(by_iteration(reply))
    return reply


async def _streaming(job: Job, busy: Busy) -> AsyncIterator[Message]:
    busy.running += 1
    try:
        yield Message("streamed")
        await _work(job)
    finally:
        await busy.clean_up(job)


@given(jobs, st.integers(0, 12), st.lists(st.sampled_from(READERS), min_size=1, max_size=3))
@examples(60)
async def test_whoever_hears_of_it_finds_everything_stopped(job: Job, after: int, readers: list[Reader]) -> None:
    busy = Busy()
    left_running: list[int] = []

    async def reading(reader: Reader) -> View:
        view = await reader(reply)
        if isinstance(view.end, PromiseCancelledError):
            left_running.append(busy.running)
        return view

    async with MiniAgents(on_unobserved_error=ignore):
        reply = doing(job=job, busy=busy)
        tasks = [asyncio.ensure_future(reading(reader)) for reader in readers]
        await turns(after)
        reply.cancel()
        views = await asyncio.gather(*tasks)
        assert set(left_running) <= {0}
        assert {id(view.end) for view in views} == {id(views[0].end)}
        if isinstance(views[0].end, PromiseCancelledError):
            assert not reply.cancel(), "what has been joined runs no more"


@given(jobs, st.integers(0, 8))
@examples(30)
async def test_the_end_of_the_block_is_the_end_of_the_call(job: Job, after: int) -> None:
    busy = Busy()
    async with MiniAgents(on_unobserved_error=ignore):
        async with doing(job=job, busy=busy):
            await turns(after)
        assert busy.running == 0


@given(st.lists(jobs, max_size=3), st.integers(0, 8))
@examples(30)
async def test_leaving_the_context_by_an_exception_stops_everything(all_jobs: list[Job], after: int) -> None:
    busy = Busy()
    with pytest.raises(ZeroDivisionError):
        async with MiniAgents(on_unobserved_error=ignore):
            for job in all_jobs:
                doing(job=job, busy=busy)
                doing.kick_off(job=job, busy=busy)
            await turns(after)
            raise ZeroDivisionError
    assert busy.running == 0


@given(st.integers(0, 5), st.sampled_from(READERS))
@examples(20)
async def test_the_pieces_that_exist_come_before_the_end(count: int, reader: Reader) -> None:
    @miniagent
    async def agent(ctx: InteractionContext) -> None:
        ctx.reply([f"{number}" for number in range(count)])
        await asyncio.Event().wait()

    async with MiniAgents():
        reply = agent()
        await turns(2)
        assert reply.cancel()
        view = await reader(reply)
        assert len(view.pieces) == count
        assert isinstance(view.end, PromiseCancelledError)
        assert list(view.end.partial) == view.pieces
