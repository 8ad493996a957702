"""Pre-packaged agents, each of them an ordinary agent that could as well be yours.

::

    loops       a chain, a loop, a dialog and its user: agents made of other agents
    console     a person at a terminal
    files       a file that is written to
    histories   a conversation that is remembered: in a list, or in a markdown file
    loggers     a file for each request to an LLM
    llms        language models
"""

from miniagents.ext.console import console_input_agent, console_output_agent, console_user_agent
from miniagents.ext.files import file_output_agent
from miniagents.ext.histories import MarkdownHistoryAgent, in_memory_history_agent
from miniagents.ext.loggers import markdown_llm_logger_agent
from miniagents.ext.loops import agent_chain, agent_loop, dialog_loop, prompt_agent, user_agent
from miniagents.operators import AWAIT, CLEAR

__all__ = [
    "AWAIT",
    "CLEAR",
    "MarkdownHistoryAgent",
    "agent_chain",
    "agent_loop",
    "console_input_agent",
    "console_output_agent",
    "console_user_agent",
    "dialog_loop",
    "file_output_agent",
    "in_memory_history_agent",
    "markdown_llm_logger_agent",
    "prompt_agent",
    "user_agent",
]
