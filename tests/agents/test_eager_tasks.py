"""An eager task factory on the user's loop (Python 3.12 and later) changes nothing that can be observed."""

import asyncio
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest

from miniagents import InteractionContext, Message, MessageSequencePromise, MiniAgents, Promise, miniagent
from miniagents.core.errors import PromiseCancelledError
from tests.laws.programs import Group, Said, Streamed, expected, turns
from tests.laws.readers import READERS, by_iteration, described
from tests.laws.world import World

pytestmark = pytest.mark.skipif(sys.version_info < (3, 12), reason="eager tasks came with Python 3.12")


@pytest.fixture(autouse=True)
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give every new loop an eager task factory."""
    make = asyncio.new_event_loop

    def make_eager() -> asyncio.AbstractEventLoop:
        loop = make()
        loop.set_task_factory(getattr(asyncio, "eager_task_factory"))  # noqa: B009 - 3.11 does not know it
        return loop

    monkeypatch.setattr(asyncio.events, "new_event_loop", make_eager)


async def test_no_code_of_an_agent_runs_inside_its_inquiry() -> None:
    ran: list[str] = []

    @miniagent
    async def agent(ctx: InteractionContext) -> None:
        ran.append("ran")

    async with MiniAgents():
        asyncio.create_task(_append(ran, "eager")).done()
        assert ran == ["eager"], "the loop of this test should be eager"
        agent()
        agent.kick_off()
        assert ran == ["eager"]


async def _append(log: list[str], word: str) -> None:
    log.append(word)


async def test_no_streamer_or_resolver_runs_where_it_is_promised() -> None:
    ran: list[str] = []

    async def resolver(_: object) -> None:
        ran.append("resolver")

    async def streamer(_: object) -> AsyncIterator[str]:
        ran.append("streamer")
        yield "x"

    async with MiniAgents():
        promises: list[Any] = [Promise(resolver=resolver), Message.promise(message_token_streamer=streamer)]
        assert not ran
        for promise in promises:
            await promise
    assert sorted(ran) == ["resolver", "streamer"]


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("how", ["agent", "lazy agent", "generator agent", "relay", "async iterable", "awaitable"])
async def test_programs_say_the_same(reader: Any, how: Any) -> None:
    tree = Group(how, (Said(), Group(how, (Streamed(("a", "b")), Said())), Said()))
    async with MiniAgents():
        assert await described(await reader(World().sequence(tree))) == expected(tree)


async def test_a_call_may_be_cancelled_before_its_first_step() -> None:
    ran: list[str] = []

    @miniagent
    async def agent(ctx: InteractionContext) -> None:
        ran.append("ran")

    async with MiniAgents():
        reply = agent()
        assert reply.cancel()
        assert isinstance((await by_iteration(reply)).end, PromiseCancelledError)
    assert not ran


async def test_a_reader_that_is_cancelled_disturbs_nobody() -> None:
    gate = asyncio.Event()

    async def pending() -> str:
        await gate.wait()
        return "x"

    async def awaiting() -> int:
        return len(await sequence)

    async with MiniAgents():
        sequence = MessageSequencePromise(pending())
        readers = [asyncio.create_task(awaiting()) for _ in range(4)]
        await turns(2)
        readers[0].cancel()
        await turns(2)
        gate.set()
        assert await asyncio.gather(*readers[1:]) == [1, 1, 1]
