"""What type checkers say about promises: of values, of streams, of messages and of sequences of messages."""

# mypy: disable-error-code="unused-awaitable"
# pyright: reportUnusedVariable=false

from collections.abc import AsyncIterator, Generator
from typing import Any, assert_type

import reactivex as rx
from reactivex import Observable
from reactivex import operators as rx_ops

from miniagents import Frozen, Message, MessagePromise, MessageSequencePromise, Promise, StreamedPromise
from miniagents.core import StreamAppender
from miniagents.messages import MessageTokenAppender


class Question(Message):
    topic: str


class Answer(Message):
    score: float


# --- values and streams


async def resolve(promise: Promise[int]) -> int:
    return 5


async def stream(promise: StreamedPromise[int, str]) -> AsyncIterator[int]:
    yield 1


async def add_up(promise: StreamedPromise[int, str]) -> str:
    return ""


async def values(number: int, whole: StreamedPromise[int, str]) -> None:
    prefilled = Promise(prefill_result=number)
    assert_type(await prefilled, int)
    resolved = Promise(resolver=resolve)
    assert_type(await resolved, int)
    made: StreamedPromise[int, str] = StreamedPromise(streamer=stream, resolver=add_up)
    assert_type(await made, str)
    assert_type([piece async for piece in whole], list[int])
    assert_type([batch async for batch in whole.batches()], list[tuple[int, ...]])
    assert_type(whole.cancel(), bool)
    async with whole as same:
        assert_type(same, StreamedPromise[int, str])


async def pieces_without_a_resolver_are_the_whole() -> None:
    promise = StreamedPromise(prefill_pieces=[1, 2])
    assert_type([piece async for piece in promise], list[int])


def streams_are_observables(whole: StreamedPromise[int, str], appender: StreamAppender[int]) -> None:
    assert_type(whole.pipe(rx_ops.take(3)), Observable[int])
    assert_type(whole.pipe(rx_ops.map(str)), Observable[str])
    either: Observable[int] = rx.merge(whole, rx.of(5))
    text: Observable[str] = whole  # E: assignment  # P: reportAssignmentType
    appender.append("token")  # E: arg-type  # P: reportArgumentType
    _ = list(whole)  # E: call-overload  # P: reportArgumentType


# --- one message


async def tokens(metadata: dict[str, Any]) -> AsyncIterator[str]:
    yield "token"


async def numbers(metadata: dict[str, Any]) -> AsyncIterator[int]:
    yield 5


async def no_stream(metadata: dict[str, Any]) -> str:
    return "token"


async def one_message() -> None:
    promise = Question.promise(message_token_streamer=tokens, topic="Rx")
    assert_type(await promise, Question)
    assert_type((await promise).topic, str)
    assert_type([token async for token in promise], list[str])
    assert_type(promise.preliminary_metadata, Frozen)
    assert_type(promise, MessagePromise[Question])
    assert_type(Question("?", topic="Rx").as_promise, MessagePromise[Question])
    assert_type(Message.promise(message_token_streamer=MessageTokenAppender()), MessagePromise[Message])
    assert_type(Message.promise(content="whole", start_asap=False), MessagePromise[Message])
    wider: MessagePromise[Message] = promise
    narrower: MessagePromise[Answer] = promise  # E: assignment  # P: reportAssignmentType


def streamers_yield_text() -> None:
    Message.promise(message_token_streamer=numbers)  # E: arg-type  # P: reportArgumentType
    Message.promise(message_token_streamer=no_stream)  # E: arg-type  # P: reportArgumentType
    Message.promise(message_token_streamer=tokens({}))  # E: arg-type  # P: reportArgumentType


# --- sequences


async def sequences(questions: MessageSequencePromise[Question]) -> None:
    assert_type(await questions, tuple[Question, ...])
    async for promise in questions:
        assert_type(await promise, Question)
        assert_type(promise, MessagePromise[Question])
    async for batch in questions.batches():
        assert_type(batch, tuple[MessagePromise[Question], ...])
    async with questions as same:
        assert_type(same, MessageSequencePromise[Question])
    assert_type((await questions.as_single_promise(separator=" ", role="user")).content, str | None)
    assert_type(questions.cancel(), bool)
    assert_type(questions.__await__(), Generator[Any, None, tuple[Question, ...]])
    wider: MessageSequencePromise[Message] = questions
    observable: Observable[MessagePromise[Question]] = questions
    narrower: MessageSequencePromise[Answer] = questions  # E: assignment  # P: reportAssignmentType


async def bare_names_stand_for_messages(sequence: MessageSequencePromise, promise: MessagePromise) -> None:
    assert_type(await sequence, tuple[Message, ...])
    assert_type(await promise, Message)


def made_of_anything(question: Question) -> None:
    assert_type(MessageSequencePromise(), MessageSequencePromise[Message])
    assert_type(MessageSequencePromise("text"), MessageSequencePromise[Message])
    assert_type(MessageSequencePromise(["text", {"content": "x"}, [question]]), MessageSequencePromise[Message])
    assert_type(MessageSequencePromise("?", message_class=Question), MessageSequencePromise[Question])
    assert_type(MessageSequencePromise(["?", question], message_class=Question), MessageSequencePromise[Question])
    MessageSequencePromise(5)  # E: call-overload  # P: reportArgumentType
    MessageSequencePromise([b"bytes"])  # E: list-item  # P: reportArgumentType


def bare_text_makes_no_question() -> None:
    text: MessageSequencePromise[Question] = MessageSequencePromise("?")  # E: assignment  # P: reportAssignmentType
