from miniagents import InteractionContext, MiniAgents, miniagent
from miniagents.ext import AWAIT, CLEAR, agent_chain


@miniagent
async def louder(ctx: InteractionContext) -> None:
    async for message in ctx.message_promises:
        ctx.reply(f"{await message}!")


@miniagent
async def greeter(ctx: InteractionContext) -> None:
    ctx.reply([*await ctx.message_promises, "hello"])


async def main() -> None:
    print([str(m) for m in await (greeter | louder | louder).inquire("hey")])
    print([str(m) for m in await agent_chain.inquire("hey", agents=[greeter, AWAIT, None, louder])])
    print([str(m) for m in await agent_chain.inquire("hey", agents=[CLEAR, greeter, louder])])


if __name__ == "__main__":
    MiniAgents().run(main())
