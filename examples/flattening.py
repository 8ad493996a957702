import asyncio
from collections.abc import AsyncIterator

from miniagents import InteractionContext, MiniAgents, miniagent


@miniagent
async def waiter(ctx: InteractionContext, seconds: float) -> None:
    await asyncio.sleep(seconds)
    ctx.reply(f"waited {seconds}")


@miniagent
async def teller(ctx: InteractionContext) -> None:
    async def later() -> AsyncIterator[str]:
        yield "one by one"
        yield "from a generator"

    slow, quick = waiter.inquire(seconds=0.02), waiter.inquire(seconds=0.01)
    ctx.reply(["a text", [{"content": "a dict", "mood": "fine"}, [slow, [quick]]], later()])
    ctx.reply_out_of_order("whatever is ready now comes before me, what is pending after")


async def main() -> None:
    async for message in teller.inquire():
        print(await message)


if __name__ == "__main__":
    MiniAgents().run(main())
