"""A dialog with a model of Anthropic, with a history in ``CHAT.md``; needs ``ANTHROPIC_API_KEY``."""

from miniagents import MiniAgents
from miniagents.ext import MarkdownHistoryAgent, console_user_agent, dialog_loop
from miniagents.ext.llms import AnthropicAgent, SystemMessage


async def main() -> None:
    dialog_loop.kick_off(
        SystemMessage(
            "Your job is to improve the styling and grammar of the sentences that the user throws at you. Leave the "
            "sentences unchanged if they seem fine."
        ),
        # The history is kept in CHAT.md; a fork of MarkdownHistoryAgent names another file.
        user_agent=console_user_agent.fork(history_agent=MarkdownHistoryAgent),
        assistant_agent=AnthropicAgent.fork(model="claude-3-5-sonnet-20240620", max_tokens=1000),
    )


if __name__ == "__main__":
    # Each request and its response go to a file of their own in llm_logs/.
    MiniAgents(llm_logger_agent=True).run(main())
