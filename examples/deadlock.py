from miniagents import InteractionContext, MessageSequencePromise, MiniAgents, miniagent
from miniagents.core.errors import DeadlockError

replies: dict[str, MessageSequencePromise] = {}


@miniagent
async def polite(ctx: InteractionContext, other: str) -> None:
    await replies[other]  # after you
    ctx.reply("thank you")


async def main() -> None:
    replies["alice"] = polite.fork(alias="ALICE").inquire(other="bob")
    replies["bob"] = polite.fork(alias="BOB").inquire(other="alice")
    for name in ("alice", "bob"):
        try:
            await replies[name]
        except DeadlockError as error:
            print(f"{name} was told:")
            for line in sorted(error.cycle):
                print("   ", line.replace(__file__, "program.py"))


if __name__ == "__main__":
    MiniAgents().run(main())
