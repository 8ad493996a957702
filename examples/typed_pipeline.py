from miniagents import InteractionContext, Message, MiniAgents, miniagent


class Question(Message):
    topic: str


class Answer(Message):
    score: float


class Verdict(Message):
    right: bool


@miniagent
async def solver(ctx: InteractionContext[Question, Answer]) -> None:
    async for question in ctx.message_promises:
        ctx.reply(Answer("42", score=len((await question).topic)))


@miniagent
async def judge(ctx: InteractionContext[Answer, Verdict]) -> None:
    async for answer in ctx.message_promises:
        ctx.reply(Verdict("so it is", right=(await answer).score > 3))


judged = solver | judge  # a MiniAgent[Question, Verdict]


async def main() -> None:
    [verdict] = await judged.inquire(Question("6 × 7?", topic="sums"))
    print(verdict, verdict.right)


if __name__ == "__main__":
    MiniAgents().run(main())
