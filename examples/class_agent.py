from miniagents import InteractionContext, MiniAgents, miniagent


class Summarizer:
    """Says how long the messages are, and how they begin."""

    def __init__(self, ctx: InteractionContext, words: int = 2) -> None:
        self.ctx = ctx
        self.words = words
        self.seen = 0

    async def __call__(self) -> None:
        async for message in self.ctx.message_promises:
            self.seen += 1
            self.ctx.reply(f"{self.seen}. {self.beginning(str(await message))}")

    def beginning(self, text: str) -> str:
        words = text.split()
        return f"{' '.join(words[: self.words])} … ({len(words)} words)"


summarizer = miniagent(Summarizer)


async def main() -> None:
    for _ in range(2):
        [message] = await summarizer.inquire("It was a dark and stormy night", words=3)
        print(message)
    print(summarizer.alias, "-", summarizer.description)


if __name__ == "__main__":
    MiniAgents().run(main())
