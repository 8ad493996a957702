"""What can stand for messages, as type checkers see it: text, fields, messages, and nearly anything that holds some."""

# pyright: reportUnusedVariable=false

from collections.abc import AsyncIterator
from typing import Any, assert_type

import reactivex as rx
from pydantic import BaseModel
from reactivex import Observable
from typing_extensions import TypeVar

from miniagents import Message, MessagePromise, MessageSequencePromise, MessageType

M = TypeVar("M", bound=Message, default=Message)


class Question(Message):
    topic: str


class Harder(Question):
    level: int = 1


class Answer(Message):
    score: float


class Model(BaseModel):
    topic: str


async def texts() -> AsyncIterator[str]:
    yield "text"


async def text() -> str:
    return "text"


async def answers() -> AsyncIterator[Answer]:
    yield Answer("!", score=1)


question = Question("?", topic="Rx")
answer = Answer("!", score=1)


def singles(promise: MessagePromise[Question], sequence: MessageSequencePromise[Harder]) -> list[MessageType[Question]]:
    return [
        "text",
        {"content": "text", "topic": "Rx"},
        question,
        Harder("?", topic="Rx"),
        promise,
        sequence,
        ValueError("no"),
        KeyboardInterrupt(),
    ]


def several(sequence: MessageSequencePromise[Question], observable: Observable[str]) -> list[MessageType[Question]]:
    return [
        [],
        ["text", question, ["text", [sequence, ValueError("no")]]],
        ("text", question),
        [question, question],
        texts(),
        text(),
        rx.of("text"),
        observable,
        [texts(), text(), rx.of(question)],
    ]


def containers_of_any_type(found: list[Question], words: tuple[str, ...], nested: list[list[str | Question]]) -> None:
    from_list: MessageType[Question] = found
    from_tuple: MessageType[Question] = words
    from_nested: MessageType[Question] = nested
    wider: MessageType = found
    narrower: MessageType[Harder] = found  # E: assignment  # P: reportAssignmentType


def inferred(given: MessageType[M]) -> M:
    raise NotImplementedError


def inference_takes_text_for_no_message(sequence: MessageSequencePromise[Harder]) -> None:
    assert_type(inferred("text"), Message)
    assert_type(inferred({"content": "text"}), Message)
    assert_type(inferred(["text", ValueError("no")]), Message)
    assert_type(inferred(question), Question)
    assert_type(inferred([[question]]), Question)
    assert_type(inferred(question.as_promise), Question)
    assert_type(inferred(sequence), Harder)
    assert_type(inferred(answers()), Answer)
    assert_type(inferred(rx.of(question)), Question)


number: MessageType = 5  # E: assignment  # P: reportAssignmentType
nothing: MessageType = None  # E: assignment  # P: reportAssignmentType
data: MessageType = b"bytes"  # E: assignment  # P: reportAssignmentType
model: MessageType = Model(topic="Rx")  # E: assignment  # P: reportAssignmentType
numbers: MessageType = [1, 2]  # E: list-item  # P: reportAssignmentType
deep: MessageType = ["text", ["text", 5]]  # E: list-item  # P: reportAssignmentType
words: MessageType = {"one", "two"}  # E: assignment  # P: reportAssignmentType
other: MessageType[Question] = answer  # E: assignment  # P: reportAssignmentType
others: MessageType[Question] = [answer]  # E: list-item  # P: reportAssignmentType
streamed: MessageType[Question] = answers()  # E: assignment  # P: reportAssignmentType
observed: MessageType[Question] = rx.of(answer)  # E: arg-type  # P: reportAssignmentType


def untyped(anything: Any) -> MessageType:
    return anything  # E: no-any-return
