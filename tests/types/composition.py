"""What type checkers say about agents made of agents: `a | b` fits or is an error, `a & b` replies with both."""

# mypy: disable-error-code="unused-awaitable"
# pyright: reportUnusedExpression=false

from typing import assert_type

from miniagents import InteractionContext, Message, MessageSequencePromise, MiniAgent, miniagent
from miniagents import operators as ops
from miniagents.operators import AWAIT, CLEAR


class Question(Message):
    topic: str


class Harder(Question):
    level: int = 1


class Answer(Message):
    score: float


class Verdict(Message):
    right: bool


@miniagent
async def solver(ctx: InteractionContext[Question, Answer]) -> None: ...


@miniagent
async def judge(ctx: InteractionContext[Answer, Verdict]) -> None: ...


@miniagent
async def harden(ctx: InteractionContext[Question, Harder]) -> None: ...


@miniagent
async def echo(ctx: InteractionContext) -> None: ...


def answer_of(question: Question) -> Answer:
    return Answer("!", score=1)


def is_good(answer: Answer) -> bool:
    return answer.score > 1


# --- one after the other

assert_type(solver | judge, MiniAgent[Question, Verdict])
assert_type(harden | solver | judge, MiniAgent[Question, Verdict])
assert_type(harden | (solver | judge), MiniAgent[Question, Verdict])
assert_type(echo | echo, MiniAgent)
assert_type(solver | echo, MiniAgent[Question, Message])
assert_type((solver | judge).fork(alias="BOTH"), MiniAgent[Question, Verdict])
assert_type((solver | judge).inquire("?"), MessageSequencePromise[Verdict])

# --- with operators in between, at the end and at the beginning

assert_type(solver | ops.flatten() | judge, MiniAgent[Question, Verdict])
assert_type(solver | ops.merge_all() | judge, MiniAgent[Question, Verdict])
assert_type(solver | AWAIT | judge, MiniAgent[Question, Verdict])
assert_type(solver | CLEAR | judge, MiniAgent[Question, Verdict])
assert_type(solver | ops.map_tokens(str.upper) | judge, MiniAgent[Question, Verdict])
assert_type(solver | ops.filter_messages(is_good) | judge, MiniAgent[Question, Verdict])
assert_type(harden | ops.map_messages(answer_of) | judge, MiniAgent[Question, Verdict])
assert_type(solver | ops.chain(AWAIT, judge), MiniAgent[Question, Verdict])
assert_type(solver | AWAIT, MiniAgent[Question, Answer])
assert_type(solver | ops.errors_as_messages(), MiniAgent[Question, Message])
assert_type(ops.map_messages(answer_of) | judge, MiniAgent[Question, Verdict])
assert_type(ops.filter_messages(is_good) | judge, MiniAgent[Answer, Verdict])
assert_type(ops.flatten() | solver, MiniAgent[Question, Answer])
assert_type(AWAIT | solver, MiniAgent[Question, Answer])
assert_type(ops.map_tokens(str.upper) | solver, MiniAgent[Question, Answer])

# --- what does not fit

judge | solver  # E: operator  # P: reportOperatorIssue
solver | solver  # E: operator  # P: reportOperatorIssue
echo | solver  # E: operator  # P: reportOperatorIssue
solver | judge | judge  # E: operator  # P: reportOperatorIssue
solver | AWAIT | solver  # E: operator  # P: reportOperatorIssue
solver | ops.flatten() | solver  # E: operator  # P: reportOperatorIssue
solver | ops.map_messages(answer_of)  # E: arg-type  # P: reportOperatorIssue
ops.map_messages(answer_of) | solver  # E: operator  # P: reportOperatorIssue
solver | ops.errors_as_messages() | judge  # E: operator  # P: reportOperatorIssue
solver | ops.flatten  # E: operator  # P: reportOperatorIssue
solver | "judge"  # E: operator  # P: reportOperatorIssue
solver | None  # E: operator  # P: reportOperatorIssue

# --- all at once

assert_type(solver & solver, MiniAgent[Question, Answer])
assert_type(solver & harden, MiniAgent[Question, Answer | Harder])
assert_type(solver & echo, MiniAgent[Question, Answer | Message])
assert_type((solver & solver) | judge, MiniAgent[Question, Verdict])
assert_type(harden | (solver & solver) | judge, MiniAgent[Question, Verdict])
(solver & harden) | judge  # E: operator  # P: reportOperatorIssue
solver & judge  # E: operator  # P: reportOperatorIssue
solver & AWAIT  # E: operator  # P: reportOperatorIssue
