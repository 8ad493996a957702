"""`retry`: again, as long as nothing has gone out."""

import logging
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest
from tenacity import (
    RetryCallState,
    retry_any,
    retry_if_exception_type,
    retry_if_result,
    stop_after_attempt,
    stop_after_delay,
    wait_fixed,
    wait_none,
)

from miniagents import InteractionContext, Message, MiniAgents, miniagent
from miniagents import operators as ops
from miniagents.core.errors import PromiseCancelledError
from miniagents.operators import AWAIT
from tests.laws.programs import turns
from tests.operators.in_no_time import in_no_time, now
from tests.operators.scripted import Boom, scripted, tokens_of


@in_no_time
async def test_an_attempt_that_fails_before_its_first_token_is_repeated() -> None:
    flaky = scripted([Boom("one")], [Boom("two")], ["fine"])
    async with MiniAgents():
        assert [str(message) for message in await ops.retry(flaky.agent).inquire("x")] == ["fine"]
    assert len(flaky.started) == 3


@in_no_time
async def test_the_last_attempt_is_the_reply_with_its_own_error() -> None:
    boom = Boom("last")
    flaky = scripted([Boom("one")], [boom])
    async with MiniAgents():
        retried = ops.retry(flaky.agent, stop=stop_after_attempt(2))
        assert await tokens_of(retried.inquire("x")) == ([], boom)


@in_no_time
async def test_what_has_been_streamed_is_not_streamed_twice() -> None:
    boom = Boom("in the middle")
    broken = scripted(["half ", boom], ["never asked"])
    async with MiniAgents():
        assert await tokens_of(ops.retry(broken.agent).inquire("x")) == (["half "], boom)
    assert len(broken.started) == 1


@in_no_time
async def test_an_attempt_that_is_held_back_may_break_off_in_the_middle() -> None:
    broken = scripted(["half ", Boom("in the middle")], ["whole"])
    async with MiniAgents():
        assert await tokens_of(ops.retry(broken.agent | AWAIT).inquire("x")) == (["whole"], None)


@in_no_time
async def test_empty_tokens_do_not_count_as_streamed() -> None:
    flaky = scripted(["", Boom("one")], ["fine"])
    async with MiniAgents():
        assert await tokens_of(ops.retry(flaky.agent).inquire("x")) == (["fine"], None)


@in_no_time
async def test_the_first_token_is_let_through_before_the_last_one_is_made() -> None:
    slow = scripted([Boom("one")], ["a", 10.0, "b"])
    async with MiniAgents():
        reply = ops.retry(slow.agent, wait=wait_none()).inquire("x")
        promise = await anext(aiter(reply))
        assert await anext(aiter(promise)) == "a"
        assert now() < 1


@in_no_time
async def test_it_waits_and_gives_up_by_the_clock_of_the_loop() -> None:
    flaky = scripted([Boom()])
    async with MiniAgents():
        retried = ops.retry(flaky.agent, stop=stop_after_delay(25), wait=wait_fixed(10))
        await tokens_of(retried.inquire("x"))
    assert flaky.started == pytest.approx([0, 10, 20, 30])


@in_no_time
async def test_only_the_errors_that_the_policy_names_are_tried_again() -> None:
    flaky = scripted([Boom()], ["never asked"])
    async with MiniAgents():
        retried = ops.retry(flaky.agent, retry=retry_if_exception_type(OSError))
        _, error = await tokens_of(retried.inquire("x"))
    assert isinstance(error, Boom)


@in_no_time
async def test_handled_errors_are_neither_raised_nor_logged(caplog: pytest.LogCaptureFixture) -> None:
    flaky = scripted([Boom()], ["fine"])
    with caplog.at_level(logging.INFO):
        async with MiniAgents():
            ops.retry(flaky.agent).kick_off("x")
    assert not caplog.records


@pytest.mark.parametrize("nested", [False, True])
async def test_errors_that_were_replied_out_of_order_are_handled_too(
    nested: bool, caplog: pytest.LogCaptureFixture
) -> None:
    attempts: list[str] = []

    async def broken(_: object) -> AsyncIterator[str]:
        raise Boom
        yield ""

    @miniagent
    async def aside(ctx: InteractionContext) -> None:
        ctx.reply_out_of_order(Message.promise(message_token_streamer=broken))

    @miniagent
    async def flaky(ctx: InteractionContext) -> None:
        attempts.append("attempt")
        if len(attempts) == 2:
            ctx.reply("fine")
        else:
            ctx.reply(aside.inquire() if nested else ())
            ctx.reply_out_of_order(Message.promise(message_token_streamer=broken))
            await turns(5)
            ctx.reply(Boom())

    with caplog.at_level(logging.INFO):
        async with MiniAgents():
            assert [str(message) for message in await ops.retry(flaky).inquire("x")] == ["fine"]
    assert not caplog.records


@in_no_time
async def test_an_attempt_has_stopped_before_the_next_one_starts() -> None:
    lines: list[str] = []

    @miniagent
    async def lingering(ctx: InteractionContext) -> None:
        lines.append("start")
        ctx.reply("fine" if len(lines) > 2 else Boom())
        try:
            await scripted([5.0]).agent.inquire()
        finally:
            lines.append("stop")

    async with MiniAgents():
        await ops.retry(lingering).inquire("x")
    assert lines == ["start", "stop", "start", "stop"]


@in_no_time
async def test_hooks_and_async_policies_are_called() -> None:
    seen: list[int] = []

    async def before_sleep(state: RetryCallState) -> None:
        seen.append(state.attempt_number)

    async def any_error(state: RetryCallState) -> bool:
        return state.outcome is not None and state.outcome.failed

    flaky = scripted([Boom()], [Boom()], ["fine"])
    async with MiniAgents():
        await ops.retry(flaky.agent, retry=any_error, before_sleep=before_sleep).inquire("x")
    assert seen == [1, 2]


@in_no_time
async def test_parameters_and_forks_reach_the_agent() -> None:
    @miniagent
    async def echo(ctx: InteractionContext, model: str, tone: str = "calm") -> None:
        ctx.reply(f"{model} {tone}")

    retried = ops.retry(echo.fork(model="m"))
    async with MiniAgents():
        assert str((await retried.inquire("x"))[0]) == "m calm"
        assert str((await retried.fork(tone="loud").inquire("x", model="n"))[0]) == "n loud"
        with pytest.raises(TypeError, match="takes no parameter 'colour'"):
            retried.inquire("x", colour="red")
        with pytest.raises(TypeError, match="takes no parameter 'colour'"):
            retried.fork(colour="red")
        with pytest.raises(TypeError, match="needs the parameter 'model'"):
            ops.retry(echo).inquire("x")


@in_no_time
async def test_calls_of_one_agent_do_not_count_each_others_attempts() -> None:
    flaky = scripted([Boom()], [Boom()], ["fine"])
    retried = ops.retry(flaky.agent, stop=stop_after_attempt(2), wait=wait_fixed(1))
    async with MiniAgents():
        first, second = retried.inquire("x"), retried.inquire("y")
        assert [await tokens_of(first), await tokens_of(second)] == [(["fine"], None)] * 2


@in_no_time
async def test_cancelling_stops_the_wait_and_asks_no_more() -> None:
    flaky = scripted([Boom()])
    async with MiniAgents():
        reply = ops.retry(flaky.agent, wait=wait_fixed(100)).inquire("x")
        await scripted([1.0]).agent.inquire()
        assert reply.cancel()
        with pytest.raises(PromiseCancelledError):
            await reply
    assert len(flaky.started) == 1
    assert now() < 2


@in_no_time
async def test_messages_are_persisted_once() -> None:
    persisted: list[str] = []

    async def persist(_: Any, message: Message) -> None:
        if type(message) is Message:
            persisted.append(str(message))

    flaky = scripted([Boom()], ["fine"])
    async with MiniAgents(on_persist_message=persist):
        await (ops.retry(flaky.agent) | AWAIT).inquire("x")
    assert persisted == ["x", "fine"]


@in_no_time
async def test_a_keyboard_interrupt_is_never_tried_again() -> None:
    flaky = scripted([KeyboardInterrupt()])
    async with MiniAgents():
        with pytest.raises(KeyboardInterrupt):
            await ops.retry(flaky.agent).inquire("x")
    assert len(flaky.started) == 1


@pytest.mark.parametrize("start_asap", [True, False])
def test_it_is_named_by_its_agent_and_its_types_stay(start_asap: bool) -> None:
    retried = ops.retry(scripted(["fine"], name="WRITER").agent)
    assert retried.alias == "retry(WRITER)"
    assert (retried | retried).alias == "retry(WRITER) | retry(WRITER)"


def test_wrong_arguments_are_named() -> None:
    agent = scripted([]).agent
    with pytest.raises(TypeError, match="3 is no agent"):
        ops.retry(3)  # type: ignore[type-var]
    with pytest.raises(TypeError, match="stop=3"):
        ops.retry(agent, stop=3)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="not judged by its result"):
        ops.retry(agent, retry=retry_any(retry_if_exception_type(), retry_if_result(bool)))


def test_without_tenacity_the_error_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "tenacity"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [_NoTenacity(), *sys.meta_path])
    with pytest.raises(ImportError, match=r"pip install 'miniagents-rx\[retry\]'"):
        ops.retry(scripted([]).agent)


class _NoTenacity:
    def find_spec(self, name: str, *_: object) -> None:
        if name.split(".", maxsplit=1)[0] == "tenacity":
            raise ModuleNotFoundError("No module named 'tenacity'", name="tenacity")
