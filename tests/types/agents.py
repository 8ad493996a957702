"""What type checkers say about agents: what they are made of, how they are called, and what they are sent."""

# mypy: disable-error-code="unused-awaitable"
# pyright: reportUnusedVariable=false

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import assert_type

from pydantic import BaseModel
from reactivex import Observable

from miniagents import (
    AgentCall,
    InteractionContext,
    Message,
    MessagePromise,
    MessageSequencePromise,
    MessageType,
    MiniAgent,
    miniagent,
)


class Question(Message):
    topic: str


class Harder(Question):
    level: int = 1


class Answer(Message):
    score: float


class Model(BaseModel):
    topic: str


Context = InteractionContext[Question, Answer]
Questions = MessageSequencePromise[Question]


# --- made of functions and of classes


@miniagent
async def untyped(ctx: InteractionContext) -> None:
    assert_type(ctx, InteractionContext[Message, Message])
    assert_type(await ctx.message_promises, tuple[Message, ...])


@miniagent
async def half_typed(ctx: InteractionContext[Question]) -> None:
    assert_type(ctx, InteractionContext[Question, Message])


@miniagent
async def typed(ctx: InteractionContext[Question, Answer], tries: int = 1) -> None:
    async for promise in ctx.message_promises:
        assert_type(promise, MessagePromise[Question])
        ctx.reply(Answer("!", score=len((await promise).topic)))
    assert_type(ctx.reply("!"), None)


@miniagent
async def generator(ctx: InteractionContext[Question, Answer]) -> AsyncIterator[Answer]:
    yield Answer("!", score=1)


@miniagent
async def untyped_generator(ctx: InteractionContext) -> AsyncIterator[MessageType]:
    yield "text"
    yield ["text", Message("text")]


@miniagent(alias="NAMED", description="...", mutable_state={"seen": []}, tries=3)
async def with_settings(ctx: Context, tries: int) -> None:
    ctx.reply("!")


@miniagent(alias="NAMED")
async def generator_with_settings(ctx: Context) -> AsyncIterator[MessageType[Answer]]:
    yield {"score": 5}


class Solver:
    def __init__(self, ctx: Context, tries: int = 1) -> None:
        self.ctx = ctx

    async def __call__(self) -> None:
        self.ctx.reply("!")


class SolverModel(BaseModel):
    ctx: InteractionContext[Question, Answer]
    tries: int = 1

    async def __call__(self) -> None:
        self.ctx.reply("!")


@dataclass
class SolverData:
    ctx: InteractionContext[Question, Answer]

    async def __call__(self) -> None: ...


class UntypedModel(BaseModel):
    ctx: InteractionContext

    async def __call__(self) -> None: ...


@miniagent
class Decorated(BaseModel):
    ctx: InteractionContext[Question, Answer]

    async def __call__(self) -> None: ...


assert_type(untyped, MiniAgent[Message, Message])
assert_type(untyped, MiniAgent)
assert_type(half_typed, MiniAgent[Question, Message])
assert_type(typed, MiniAgent[Question, Answer])
assert_type(generator, MiniAgent[Question, Answer])
assert_type(untyped_generator, MiniAgent)
assert_type(with_settings, MiniAgent[Question, Answer])
assert_type(generator_with_settings, MiniAgent[Question, Answer])
assert_type(miniagent(Solver), MiniAgent[Question, Answer])
assert_type(miniagent(SolverModel), MiniAgent[Question, Answer])
assert_type(miniagent(SolverData), MiniAgent[Question, Answer])
assert_type(miniagent(UntypedModel), MiniAgent[Message, Message])
assert_type(miniagent(alias="SOLVER", tries=2)(Solver), MiniAgent[Question, Answer])
assert_type(miniagent(alias="SOLVER", tries=2)(SolverModel), MiniAgent[Question, Answer])
# mypy lets no decorator change what a class is; it reads `Agent = miniagent(_Agent)`
assert_type(Decorated, MiniAgent[Question, Answer])  # E: "type[Decorated]"


# --- no agents


async def without_context() -> None: ...


def not_async(ctx: InteractionContext) -> None: ...


async def with_result(ctx: InteractionContext) -> str:
    return "a reply is given by ctx.reply"


async def wrong_yields(ctx: InteractionContext[Question, Answer]) -> AsyncIterator[Question]:
    yield Question("?", topic="Rx")


async def yields_numbers(ctx: InteractionContext) -> AsyncIterator[int]:
    yield 5


class WithoutContext:
    async def __call__(self) -> None: ...


miniagent(without_context)  # E: arg-type  # P: reportCallIssue  # P: reportArgumentType
miniagent(not_async)  # E: arg-type  # P: reportCallIssue  # P: reportArgumentType
miniagent(with_result)  # E: arg-type  # P: reportCallIssue  # P: reportArgumentType
wrong: MiniAgent[Question, Answer] = miniagent(wrong_yields)  # E: arg-type  # P: reportArgumentType
miniagent(yields_numbers)  # E: arg-type  # P: reportCallIssue  # P: reportArgumentType
miniagent(WithoutContext)  # E: arg-type  # P: reportCallIssue  # P: reportArgumentType
miniagent(alias=5)  # E: call-overload  # P: reportArgumentType


# --- called


async def calls(questions: Questions, harder: Harder, more: Observable[MessagePromise[Harder]]) -> None:
    assert_type(typed.inquire(), MessageSequencePromise[Answer])
    assert_type(typed.inquire(questions, start_asap=False, tries=3), MessageSequencePromise[Answer])
    assert_type(await typed.inquire(["?", {"topic": "Rx"}, harder]), tuple[Answer, ...])
    assert_type(typed(questions), MessageSequencePromise[Answer])
    assert_type(typed("?", tries=3), MessageSequencePromise[Answer])
    assert_type(typed(more), MessageSequencePromise[Answer])
    assert_type(typed.kick_off(questions), None)
    assert_type(typed.fork(alias="OTHER", tries=5), MiniAgent[Question, Answer])
    assert_type(typed.fork(mutable_state={"seen": []}).fork(tries=6), MiniAgent[Question, Answer])
    async with typed.inquire(questions) as reply:
        assert_type(reply, MessageSequencePromise[Answer])
    assert_type([(await promise).score async for promise in typed(questions)], list[float])


def wrong_calls(answers: MessageSequencePromise[Answer], answer: Answer, model: Model) -> None:
    typed.inquire(answer)  # E: arg-type  # P: reportArgumentType
    typed.inquire([answer])  # E: list-item  # P: reportArgumentType
    typed.inquire(answer.as_promise)  # E: arg-type  # P: reportArgumentType
    typed.inquire(answers)  # E: arg-type  # P: reportArgumentType
    typed(answers)  # E: arg-type  # P: reportArgumentType  # P: reportCallIssue
    typed(5)  # E: call-overload  # P: reportArgumentType  # P: reportCallIssue
    typed.inquire(5)  # E: arg-type  # P: reportArgumentType
    typed.inquire(b"bytes")  # E: arg-type  # P: reportArgumentType
    typed.inquire(model)  # E: arg-type  # P: reportArgumentType
    typed.kick_off(answers)  # E: arg-type  # P: reportArgumentType
    typed.inquire(start_asap="no")  # E: arg-type  # P: reportArgumentType
    typed.fork(alias=5)  # E: arg-type  # P: reportArgumentType


def calls_message_by_message(question: Question, answer: Answer) -> None:
    call = typed.initiate_inquiry(tries=3)
    assert_type(call, AgentCall[Question, Answer])
    call.send_message(question)
    call.send_message(["?", question])
    assert_type(call.reply_sequence(), MessageSequencePromise[Answer])
    assert_type(call.reply_sequence(close_request_sequence=False), MessageSequencePromise[Answer])
    call.send_message(answer)  # E: arg-type  # P: reportArgumentType
    call.send_message(None)  # E: arg-type  # P: reportArgumentType


def bare_agents(agent: MiniAgent) -> None:
    assert_type(agent.inquire("?"), MessageSequencePromise[Message])
    assert_type(agent.initiate_inquiry(), AgentCall[Message, Message])


def agents_of_other_classes(broad: MiniAgent[Message, Harder], narrow: MiniAgent[Harder, Message]) -> None:
    takes_more: MiniAgent[Question, Question] = broad
    gives_more: MiniAgent[Harder, Message] = broad
    takes_less: MiniAgent[Question, Message] = narrow  # E: assignment  # P: reportAssignmentType
    gives_less: MiniAgent[Harder, Answer] = narrow  # E: assignment  # P: reportAssignmentType
