from contextlib import suppress

from miniagents import InteractionContext, MiniAgents, miniagent

answers = iter(["hi", "bye"])


@miniagent
async def user_agent(ctx: InteractionContext) -> None:
    async for message in ctx.message_promises:
        print("ASSISTANT:", await message)
    answer = next(answers, None)
    if answer is None:
        raise KeyboardInterrupt
    print("USER:", answer)
    ctx.reply(answer)


@miniagent
async def assistant_agent(ctx: InteractionContext) -> None:
    ctx.reply(f'You said "{await ctx.message_promises.as_single_promise()}"')


@miniagent
async def my_loop(ctx: InteractionContext) -> None:
    messages = ctx.message_promises
    with suppress(KeyboardInterrupt):  # it arrives where the reply is read
        while True:
            messages = user_agent.inquire(messages)
            await messages  # this is AWAIT
            messages = assistant_agent.inquire(messages)


async def main() -> None:
    await my_loop.inquire()


if __name__ == "__main__":
    MiniAgents().run(main())
