"""A person at a terminal, as agents.

::

    agents     what is printed, what is asked for, and both as one user
    prompt     editing a message on a terminal, with prompt_toolkit
    lines      reading a line without it
    terminal   what the terminal can do, and how text gets there
"""

from miniagents.ext.console.agents import console_input_agent, console_output_agent, console_user_agent

__all__ = ["console_input_agent", "console_output_agent", "console_user_agent"]
