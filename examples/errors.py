from miniagents import InteractionContext, MiniAgents, miniagent
from miniagents import operators as ops


@miniagent
async def worker(ctx: InteractionContext) -> None:
    ctx.reply("first part")
    raise ValueError("there is no second part")


@miniagent
async def manager(ctx: InteractionContext) -> None:
    ctx.reply(["before the work", worker.inquire(), "never reached"])


async def main() -> None:
    reply = manager.inquire()
    try:
        async for message in reply:
            print(await message)
    except ValueError as error:
        print("ValueError:", error, error.__notes__)

    print(await reply.pipe(ops.as_results()))
    print([str(message) for message in await reply.pipe(ops.errors_as_messages())])


if __name__ == "__main__":
    MiniAgents().run(main())
