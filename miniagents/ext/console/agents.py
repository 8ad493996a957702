"""What is printed, what is asked for, and both as one user."""

from __future__ import annotations

from typing import Any

from miniagents.agents import InteractionContext, MiniAgent, miniagent
from miniagents.ext.console.lines import read_line
from miniagents.ext.console.prompt import edit_message, is_installed
from miniagents.ext.console.terminal import coloured, has_colours, is_interactive, write
from miniagents.ext.llms.messages import UserMessage
from miniagents.ext.loops import user_agent
from miniagents.ext.visible import visible
from miniagents.messages import MessagePromise

GREETING = "YOU ARE NOW IN A CHAT WITH AN AI ASSISTANT"

_KEYS = """\
Press Enter to send your message.
Press Ctrl+Space to insert a newline.
Press Ctrl+C (or type "exit") to quit the conversation."""


@miniagent
async def console_output_agent(
    ctx: InteractionContext,
    assistant_style: str = "92;1",
    mention_aliases: bool = True,
    default_role: str = "assistant",
) -> None:
    r"""Print the messages token by token, each behind the alias of its agent, and reply with the same messages.

    The alias is the field ``agent_alias`` of a message, else its role. Characters that would control the terminal are
    printed as Python writes them (``\x1b``, ``\r``, ``\u202e``); tabs and newlines stay. There are colours only on a
    terminal, and none when ``NO_COLOR`` is set.

    :param assistant_style: the numbers of an SGR sequence, ``"92;1"`` for bright green and bold; ``""`` for none.
    :param mention_aliases: whether there is an alias in front of a message.
    :param default_role: what stands for the alias of messages that have neither alias nor role.
    """
    ctx.reply(ctx.message_promises)
    on, off = coloured(assistant_style)
    async for message_promise in ctx.message_promises:
        label = f"{_alias(message_promise, default_role)}: " if mention_aliases else ""
        write(on + label)
        try:
            async for token in message_promise:
                write(visible(token))
        finally:
            write(f"{off}\n\n")


@miniagent
async def console_input_agent(ctx: InteractionContext, greeting: str = GREETING) -> None:
    """Reply with the messages and then with what the person types. An empty conversation begins with a greeting.

    On a terminal, with prompt_toolkit installed, Enter sends and Ctrl+Space begins a new line; otherwise a line is read
    from stdin, in which NUL (what Ctrl+Space sends) stands for a newline. A blank message is asked for again. Ctrl+C,
    "exit" and the end of the input raise KeyboardInterrupt, which is how ``dialog_loop`` and ``agent_loop`` end.

    :param greeting: the first line of the greeting; ``""`` for no greeting.
    """
    ctx.reply(ctx.message_promises)
    if not await ctx.message_promises and greeting:
        write(f"{visible(greeting)}\n\n{_KEYS}\n\n")
    ctx.reply(UserMessage(await _asked_for("USER: ")))


console_user_agent: MiniAgent = user_agent.fork(output_agent=console_output_agent, input_agent=console_input_agent)
"""A ``user_agent`` at the terminal: the messages are printed, the person answers, and all of it is remembered."""


async def _asked_for(prompt: str) -> str:
    try:
        while not (text := await _read(prompt)).strip():
            pass
    except EOFError:
        raise KeyboardInterrupt from None
    if text.strip().lower() == "exit":
        raise KeyboardInterrupt
    write("\n")
    return text


async def _read(prompt: str) -> str:
    if is_interactive() and is_installed():
        return await edit_message(prompt, has_colours())
    return await read_line(prompt)


def _alias(message_promise: MessagePromise[Any], default_role: str) -> str:
    known = message_promise.preliminary_metadata.as_kwargs()
    alias = known.get("agent_alias") or str(known.get("role") or default_role).upper()
    return visible(str(alias)).replace("\n", " ")
