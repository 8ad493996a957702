"""What type checkers say about the context of one call, which is how agents reply, and about that of all calls."""

# mypy: disable-error-code="unused-awaitable"

from typing import assert_type

from pydantic import BaseModel

from miniagents import InteractionContext, Message, MessageSequencePromise, MiniAgent, MiniAgents


class Question(Message):
    topic: str


class Answer(Message):
    score: float


class Model(BaseModel):
    topic: str


Context = InteractionContext[Question, Answer]
Questions = MessageSequencePromise[Question]


# --- of one call


async def replies(
    ctx: Context, answers: MessageSequencePromise[Answer], answer: Answer, solver: MiniAgent[Question, Answer]
) -> None:
    ctx.reply("!")
    ctx.reply({"content": "!", "score": 1})
    ctx.reply(answer)
    ctx.reply([answer, "!", answers, ValueError("no")])
    ctx.reply(solver.inquire())
    ctx.reply_out_of_order(answers)
    ctx.keep_open_for(answers)
    await ctx.finish_early()
    assert_type(ctx.message_promises, MessageSequencePromise[Question])


def wrong_replies(ctx: Context, question: Question, questions: Questions) -> None:
    ctx.reply(question)  # E: arg-type  # P: reportArgumentType
    ctx.reply([question])  # E: list-item  # P: reportArgumentType
    ctx.reply(question.as_promise)  # E: arg-type  # P: reportArgumentType
    ctx.reply(questions)  # E: arg-type  # P: reportArgumentType
    ctx.reply(Model(topic="Rx"))  # E: arg-type  # P: reportArgumentType
    ctx.reply(5)  # E: arg-type  # P: reportArgumentType
    ctx.reply(b"bytes")  # E: arg-type  # P: reportArgumentType
    ctx.reply(None)  # E: arg-type  # P: reportArgumentType
    ctx.reply({"one", "two"})  # E: arg-type  # P: reportArgumentType
    ctx.reply_out_of_order(5)  # E: arg-type  # P: reportArgumentType
    ctx.keep_open_for(5)  # E: arg-type  # P: reportArgumentType


# --- of all calls


async def main() -> int:
    return 5


async def persist(promise: object, message: Message) -> None: ...


async def active() -> None:
    async with MiniAgents(start_asap=False, on_persist_message=persist) as context:
        assert_type(context, MiniAgents)
    assert_type(MiniAgents.current(), MiniAgents)
    assert_type(MiniAgents().activate(), MiniAgents)


assert_type(MiniAgents().run(main()), int)
MiniAgents().run(main)  # E: arg-type  # P: reportArgumentType
MiniAgents(on_unobserved_error="ignore")  # E: arg-type  # P: reportArgumentType
