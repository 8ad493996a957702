"""What type checkers say about policies: an agent goes in, and an agent of the same messages comes out."""

# mypy: disable-error-code="unused-awaitable"

from typing import assert_type

from tenacity import RetryCallState, retry_if_exception_type, stop_after_attempt, wait_fixed

from miniagents import Message, MessageSequencePromise, MiniAgent
from miniagents import operators as ops
from miniagents.operators import AWAIT


class Question(Message):
    topic: str


class Answer(Message):
    score: float


Solver = MiniAgent[Question, Answer]


async def fails_often(state: RetryCallState) -> bool:
    return state.attempt_number < 3


def say(state: RetryCallState) -> None: ...


def one_agent(solver: Solver) -> None:
    assert_type(ops.retry(solver), Solver)
    assert_type(ops.retry(solver, stop=stop_after_attempt(2), wait=wait_fixed(1), before_sleep=say), Solver)
    assert_type(ops.retry(solver, retry=retry_if_exception_type(OSError)), Solver)
    assert_type(ops.retry(solver, retry=fails_often, stop=stop_after_attempt(2) | stop_after_attempt(3)), Solver)
    assert_type(ops.timeout(solver, first_token=1, between_tokens=0.5, total=60), Solver)
    assert_type(ops.limit(solver, 3), Solver)
    assert_type(ops.limit(ops.retry(ops.timeout(solver, total=1)), concurrency=3), Solver)
    ops.retry(solver, stop=3)  # E: arg-type  # P: reportArgumentType
    ops.timeout(solver, 5)  # E: call-arg  # P: reportCallIssue
    ops.timeout(solver, total="5")  # E: arg-type  # P: reportArgumentType
    ops.limit(solver)  # E: call-arg  # P: reportCallIssue
    ops.limit(str, 3)  # E: arg-type  # P: reportArgumentType
    ops.retry(AWAIT)  # E: arg-type  # P: reportArgumentType


def several_agents(solver: Solver, guesser: MiniAgent[Message, Answer], judge: MiniAgent[Answer, Message]) -> None:
    assert_type(ops.fallback(solver, solver, solver), Solver)
    assert_type(ops.fallback(solver, guesser), Solver)
    assert_type(ops.race(guesser, solver), Solver)
    ops.race(solver, str)  # E: arg-type  # P: reportArgumentType
    wrong: Solver = ops.fallback(solver, judge)  # E: arg-type  # P: reportArgumentType


async def they_are_agents(
    questions: MessageSequencePromise[Question], solver: Solver, judge: MiniAgent[Answer]
) -> None:
    assert_type(await ops.retry(solver).inquire(Question(topic="x")), tuple[Answer, ...])
    assert_type(ops.retry(solver).fork(alias="B"), Solver)
    assert_type(questions.pipe(ops.limit(solver, 2)), MessageSequencePromise[Answer])
    assert_type(solver | ops.retry(judge), MiniAgent[Question, Message])
    assert_type(ops.race(solver, solver) | AWAIT, Solver)
    assert_type(ops.retry(solver | AWAIT), Solver)
    ops.retry(judge) | ops.retry(solver)  # E: arg-type  # P: reportOperatorIssue
