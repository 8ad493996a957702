"""A chat at the terminal whose history is kept in CHAT.md; the assistant needs no model and no key."""

from collections.abc import AsyncIterator
from typing import Any

from miniagents import InteractionContext, Message, MiniAgents, miniagent
from miniagents.ext import MarkdownHistoryAgent, console_user_agent, dialog_loop
from miniagents.ext.llms import AssistantMessage, SystemMessage


@miniagent
async def echo_agent(ctx: InteractionContext[Message, AssistantMessage]) -> None:
    async def tokens(_: dict[str, Any]) -> AsyncIterator[str]:
        messages = await ctx.message_promises
        yield "You said"
        for word in str(messages[-1]).split():
            yield f" {word}"

    ctx.reply(AssistantMessage.promise(message_token_streamer=tokens, agent_alias=ctx.this_agent.alias))


async def main() -> None:
    dialog_loop.kick_off(
        SystemMessage("Repeat what the user says."),
        user_agent=console_user_agent.fork(history_agent=MarkdownHistoryAgent),
        assistant_agent=echo_agent,
    )


if __name__ == "__main__":
    MiniAgents().run(main())
