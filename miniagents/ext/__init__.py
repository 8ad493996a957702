"""Pre-packaged agents, each of them an ordinary agent that could as well be yours.

::

    loops       a chain, a loop, a dialog and its user: agents made of other agents
    console     a person at a terminal
    files       a file that is written to
    histories   a conversation that is remembered: in a list, or in a markdown file
    loggers     a file for each request to an LLM
    llms        language models
"""
