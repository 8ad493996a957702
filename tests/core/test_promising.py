"""Contexts: how they are entered and closed."""

from __future__ import annotations

import asyncio

import pytest

from miniagents import (
    MessageSequencePromise,
    MiniAgents,
    Promising,
)
from miniagents.core.errors import NoActiveContextError, WrongActiveContextError
from tests.core.workers import slow
from tests.laws.programs import Boom


async def test_leaving_waits_for_everything() -> None:
    log: list[str] = []
    async with MiniAgents():
        slow(log=log)
    assert log == ["done"]


async def test_activate_and_afinalize_do_the_same_without_a_block() -> None:
    log: list[str] = []
    context = MiniAgents().activate()
    slow(log=log)
    await context.afinalize()
    assert log == ["done"]


def test_run_returns_the_value_of_its_coroutine() -> None:
    async def main() -> int:
        return len(await MessageSequencePromise(["a", "b"]))

    assert MiniAgents().run(main()) == 2


def test_run_lets_the_error_of_its_coroutine_out_as_itself() -> None:
    async def main() -> None:
        raise Boom

    with pytest.raises(Boom):
        MiniAgents().run(main())


def test_run_takes_an_awaitable() -> None:
    async def main() -> None: ...

    with pytest.raises(TypeError, match=r"run\(main\(\)\)"):
        MiniAgents().run(main)  # type: ignore[arg-type]


async def test_run_inside_a_running_loop_says_what_to_use() -> None:
    async def main() -> None: ...

    with pytest.raises(RuntimeError, match="async with"):
        MiniAgents().run(main())


def test_a_plain_with_says_what_to_use() -> None:
    with pytest.raises(RuntimeError, match="async with"), MiniAgents():
        pass


def test_activate_needs_a_running_loop() -> None:
    with pytest.raises(RuntimeError, match="event loop"):
        MiniAgents().activate()


async def test_a_context_is_not_reentrant() -> None:
    context = MiniAgents()
    async with context:
        with pytest.raises(RuntimeError, match="not reentrant"):
            context.activate()
    with pytest.raises(RuntimeError, match="not reentrant"):
        async with context:
            pass


async def test_finalizing_comes_after_activating_and_once() -> None:
    with pytest.raises(RuntimeError, match=r"activate\(\)"):
        await MiniAgents().afinalize()
    context = MiniAgents().activate()
    await context.afinalize()
    with pytest.raises(RuntimeError, match="not active"):
        await context.afinalize()


async def test_without_a_context_a_call_says_how_to_get_one() -> None:
    with pytest.raises(NoActiveContextError, match="async with MiniAgents"):
        slow(log=[])
    with pytest.raises(NoActiveContextError):
        MessageSequencePromise("a")


async def test_after_its_end_there_is_no_context() -> None:
    async with MiniAgents():
        pass
    with pytest.raises(NoActiveContextError):
        slow(log=[])


async def test_current_is_the_innermost_of_its_kind() -> None:
    with pytest.raises(NoActiveContextError):
        MiniAgents.current()
    async with MiniAgents() as outer:
        assert MiniAgents.current() is outer
        async with Promising() as inner:
            assert Promising.current() is inner
            assert MiniAgents.current() is outer


async def test_code_that_shares_no_context_variables_finds_an_activated_one() -> None:
    async def startup() -> MiniAgents:
        return MiniAgents().activate()

    async def handler() -> int:
        return len(await MessageSequencePromise(["a"]))

    context = await asyncio.create_task(startup())
    assert await asyncio.create_task(handler()) == 1
    await asyncio.create_task(context.afinalize())


async def test_a_context_of_another_loop_is_not_taken() -> None:
    async def elsewhere() -> None:
        with pytest.raises(WrongActiveContextError, match="another event loop"):
            MessageSequencePromise("a")
        async with MiniAgents():
            assert len(await MessageSequencePromise("a")) == 1

    async with MiniAgents():
        await asyncio.to_thread(asyncio.run, elsewhere())


async def test_what_was_not_resolved_says_that_its_context_has_closed() -> None:
    async with MiniAgents():
        lazy = slow(start_asap=False, log=[])
    with pytest.raises(NoActiveContextError, match="SLOW.*closed"):
        await lazy
