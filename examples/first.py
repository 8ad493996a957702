from collections.abc import AsyncIterator

from miniagents import InteractionContext, MiniAgents, miniagent


@miniagent
async def shouter(ctx: InteractionContext) -> AsyncIterator[str]:
    async for message in ctx.message_promises:
        yield str(await message).upper()


@miniagent
async def counter(ctx: InteractionContext) -> None:
    ctx.reply(f"{len(await ctx.message_promises)} messages came in")


async def main() -> None:
    reply = (shouter & counter).inquire(["Hello", "World"])  # both are at work now
    async for message in reply:
        print(await message)
    print(len(await reply), "messages went out")  # the reply is still there


if __name__ == "__main__":
    MiniAgents().run(main())
