import reactivex as rx
from reactivex import operators as rx_ops

from miniagents import InteractionContext, MiniAgents, miniagent
from miniagents import operators as ops


@miniagent
async def ticker(ctx: InteractionContext) -> None:
    ctx.reply(rx.timer(0.001, 0.001).pipe(rx_ops.take(3), rx_ops.map(lambda n: f"tick {n}")))


async def main() -> None:
    reply = ticker.inquire()
    print([str(message) for message in await reply])

    # an operator of Rx after one of ours: how long is each token?
    print(await reply.pipe(ops.tokens(), rx_ops.map(len), rx_ops.to_list()))

    # an operator of ours between agents
    shouted = reply.pipe(ops.map_tokens(str.upper), ops.as_single_promise(separator=" / "))
    async for token in shouted:
        print(repr(token))


if __name__ == "__main__":
    MiniAgents().run(main())
