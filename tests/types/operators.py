"""What type checkers say about operators: the class of the messages goes in, and the right one comes out."""

# mypy: disable-error-code="unused-awaitable"
# pyright: reportUnusedVariable=false

from typing import assert_type

import reactivex as rx
from reactivex import Observable
from reactivex import operators as rx_ops
from returns.result import Result

from miniagents import Message, MessagePromise, MessageSequencePromise, MiniAgent, StreamedPromise
from miniagents import operators as ops
from miniagents.operators import AWAIT, CLEAR


class Question(Message):
    topic: str


class Answer(Message):
    score: float


Questions = MessageSequencePromise[Question]
Answers = MessageSequencePromise[Answer]
Messages = MessageSequencePromise[Message]
Source = Observable[MessagePromise[Question]]


def answer_of(question: Question) -> Answer:
    return Answer("!", score=len(question.topic))


async def answer_slowly(question: Question) -> Answer:
    return Answer("!", score=1)


def answers_of(question: Question) -> list[Answer]:
    return []


def promise_of(question: Question) -> MessagePromise[Answer]:
    return answer_of(question).as_promise


def promises_of(question: MessagePromise[Question]) -> MessageSequencePromise[Answer]:
    return MessageSequencePromise(message_class=Answer)


def mixture_of(question: Question) -> list[str | Answer]:
    return []


def number_of(question: Question) -> int:
    return 5


def is_good(question: Question) -> bool:
    return bool(question.topic)


def is_done(messages: tuple[Message, ...]) -> bool:
    return True


async def in_a_pipe(questions: Questions) -> None:
    assert_type(questions.pipe(ops.flatten()), Questions)
    assert_type(questions.pipe(ops.merge_all()), Questions)
    assert_type(questions.pipe(AWAIT), Questions)
    assert_type(questions.pipe(CLEAR), Questions)
    assert_type(questions.pipe(ops.map_tokens(str.upper)), Questions)
    assert_type(questions.pipe(ops.filter_messages(is_good)), Questions)
    assert_type(questions.pipe(ops.as_single_promise()), MessagePromise[Message])
    assert_type(await questions.pipe(ops.tokens()), str)
    assert_type([token async for token in questions.pipe(ops.tokens())], list[str])
    assert_type(questions.pipe(ops.loop(AWAIT, ops.flatten(), until=is_done)), Messages)
    assert_type(questions.pipe(ops.flatten(), AWAIT, ops.map_tokens(str.upper)), Questions)
    assert_type(await questions.pipe(ops.flatten(), AWAIT), tuple[Question, ...])


def in_a_pipe_of_any_observable(source: Source) -> None:
    assert_type(source.pipe(ops.flatten()), Questions)
    assert_type(source.pipe(ops.merge_all()), Questions)
    assert_type(source.pipe(AWAIT), Questions)
    assert_type(source.pipe(CLEAR), Questions)
    assert_type(source.pipe(ops.map_tokens(str.upper)), Questions)
    assert_type(source.pipe(ops.filter_messages(is_good)), Questions)
    assert_type(source.pipe(ops.map_messages(answer_of)), Answers)
    assert_type(source.pipe(ops.as_single_promise()), MessagePromise[Message])
    assert_type(source.pipe(ops.chain(AWAIT, ops.map_messages(answer_of))), Answers)


def flattening(sequences: Observable[Questions], values: Observable[Question], anything: Observable[str]) -> None:
    assert_type(sequences.pipe(ops.flatten()), Questions)
    assert_type(values.pipe(ops.flatten()), Questions)
    assert_type(anything.pipe(ops.flatten()), Messages)
    assert_type(sequences.pipe(ops.merge_all()), Questions)
    assert_type(values.pipe(ops.merge_all()), Questions)
    assert_type(anything.pipe(ops.merge_all()), Messages)
    assert_type(rx.of("one", "two").pipe(ops.flatten()), Messages)


def mapping(questions: Questions, messages: Messages) -> None:
    assert_type(questions.pipe(ops.map_messages(answer_of)), Answers)
    assert_type(questions.pipe(ops.map_messages(answer_slowly)), Answers)
    assert_type(questions.pipe(ops.map_messages(answers_of)), Answers)
    assert_type(questions.pipe(ops.map_messages(promise_of)), Answers)
    assert_type(questions.pipe(ops.map_messages(mixture_of)), Messages)
    assert_type(questions.pipe(ops.map_messages(str)), Messages)
    assert_type(messages.pipe(ops.map_messages(lambda message: f"{message}!")), Messages)
    assert_type(messages.pipe(ops.map_messages(lambda message: [message, message])), Messages)
    assert_type(messages.pipe(ops.filter_messages(lambda message: message.content != "b")), Messages)
    questions.pipe(ops.map_messages(number_of))  # E: arg-type  # P: reportCallIssue  # P: reportUnknownArgumentType
    messages.pipe(ops.map_messages(answer_of))  # E: arg-type  # P: reportArgumentType
    messages.pipe(ops.filter_messages(is_good))  # E: arg-type  # P: reportArgumentType
    messages.pipe(ops.map_tokens(len))  # E: arg-type  # P: reportArgumentType


async def results(questions: Questions, succeeded: Observable[Result[Answer, Exception]]) -> None:
    taken = questions.pipe(ops.as_results())
    assert_type(await taken, tuple[Result[Question, Exception], ...])
    assert_type([result async for result in taken], list[Result[Question, Exception]])
    assert_type(taken.pipe(ops.from_results()), Questions)
    assert_type(succeeded.pipe(ops.from_results()), Answers)
    told = questions.pipe(ops.errors_as_messages())
    stream: StreamedPromise[Result[Question, Exception], tuple[Result[Question, Exception], ...]] = taken
    questions.pipe(ops.from_results())  # E: arg-type  # P: reportArgumentType


def errors_become_plain_messages(questions: Questions) -> None:
    assert_type(questions.pipe(ops.errors_as_messages()), Messages)


def chains(questions: Questions, solver: MiniAgent[Question, Answer], judge: MiniAgent[Answer, Message]) -> None:
    assert_type(questions.pipe(ops.chain(solver)), Answers)
    assert_type(questions.pipe(ops.chain(solver, judge)), Messages)
    assert_type(questions.pipe(ops.chain(AWAIT, solver)), Answers)
    assert_type(questions.pipe(ops.chain(solver, AWAIT, judge)), Messages)
    assert_type(questions.pipe(ops.chain(ops.flatten(), solver, AWAIT, judge)), Messages)
    assert_type(questions.pipe(solver), Answers)
    assert_type(questions.pipe(solver, AWAIT, judge), Messages)
    questions.pipe(judge)  # E: arg-type  # P: reportArgumentType
    questions.pipe(solver, solver)  # E: misc  # P: reportArgumentType


def fanning_out(questions: Questions, solver: MiniAgent[Question, Answer], guesser: MiniAgent[Message, Answer]) -> None:
    assert_type(questions.pipe(ops.fan_out(solver, solver)), Answers)
    assert_type(questions.pipe(ops.fan_out(solver, guesser)), Answers)


def rx_operators_mix_in(questions: Questions, solver: MiniAgent[Question, Answer]) -> None:
    first = questions.pipe(rx_ops.take(3))
    assert_type(first, Source)
    assert_type(questions.pipe(rx_ops.take(3), ops.flatten()), Questions)
    assert_type(questions.pipe(rx_ops.take(3), solver, rx_ops.skip(1), AWAIT), Answers)
    assert_type(first.pipe(ops.map_messages(answer_of), rx_ops.skip(1)), Observable[MessagePromise[Answer]])
    assert_type(questions.pipe(rx_ops.map(promises_of)).pipe(ops.merge_all()), Answers)
