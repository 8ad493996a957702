"""A dialog with the small model on this machine: no key, no network; the history is kept in ``CHAT.md``."""

from miniagents import MiniAgents
from miniagents.ext import MarkdownHistoryAgent, console_user_agent, dialog_loop
from miniagents.ext.llms import LocalLLMAgent


async def main() -> None:
    dialog_loop.kick_off(
        user_agent=console_user_agent.fork(history_agent=MarkdownHistoryAgent),
        assistant_agent=LocalLLMAgent.fork(
            system="You are a friendly assistant. Answer briefly.", max_tokens=80, temperature=0, repeat_penalty=1.1
        ),
    )


if __name__ == "__main__":
    MiniAgents().run(main())
