import asyncio

from miniagents import InteractionContext, MiniAgents, miniagent
from miniagents.core.errors import PromiseCancelledError


@miniagent
async def endless(ctx: InteractionContext) -> None:
    try:
        for number in range(1_000_000):
            ctx.reply(f"message {number}")
            await asyncio.sleep(0.001)
    finally:
        print("stopped")


async def main() -> None:
    async with endless.inquire() as reply:
        async for message in reply:
            print(await message)
            break

    print("after the block")
    try:
        await reply
    except PromiseCancelledError as error:
        print(error, "- and", len(error.partial) > 0, "it is that something came before")


if __name__ == "__main__":
    MiniAgents().run(main())
