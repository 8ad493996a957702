from miniagents import InteractionContext, Message, MiniAgents, miniagent


@miniagent
async def toy_history_agent(ctx: InteractionContext, history: list[Message]) -> None:
    history.extend(await ctx.message_promises)
    ctx.reply(history)  # a list is copied at the moment of the reply


async def main() -> None:
    alice = toy_history_agent.fork(mutable_state={"history": []})
    bob = toy_history_agent.fork(mutable_state={"history": [Message("(he was here before)")]})
    await alice.inquire("Hello")
    await bob.inquire("Hi")
    print([str(message) for message in await alice.inquire(["How", "are you?"])])
    print([str(message) for message in await bob.inquire()])


if __name__ == "__main__":
    MiniAgents().run(main())
