"""Agents made of other agents: a chain, a loop, a dialog, its user, and an agent between a prefix and a suffix."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Annotated, Any

from pydantic import AfterValidator

from miniagents.agents import InteractionContext, MiniAgent, miniagent
from miniagents.ext.histories import in_memory_history_agent
from miniagents.messages import MessageSequencePromise
from miniagents.operators import AWAIT, chain, loop

Stage = Callable[[Any], Any] | None
"""An agent, an operator, ``AWAIT``, ``CLEAR``, or ``None``, which does nothing."""


def _stages_of_chain(agents: Sequence[Stage]) -> Sequence[Stage]:
    chain(*agents)  # refuses what cannot stand in a chain, now and not in the background
    return agents


def _stages_of_loop(agents: Sequence[Stage]) -> Sequence[Stage]:
    loop(*agents)
    return agents


@miniagent
async def agent_chain(
    ctx: InteractionContext, agents: Annotated[Sequence[Any], AfterValidator(_stages_of_chain)]
) -> None:
    """Send the messages through ``agents``, the reply of each being the input of the next, and reply with the last one.

    All agents run at once, each taking what the one before has ready. ``AWAIT`` between two of them resolves every
    message before the next one is called; an error among them is then the error of the chain. ``CLEAR`` drops the
    messages, ``None`` does nothing. Without ``AWAIT``, ``a | b`` is the shorter spelling.

    :param agents: agents, operators, ``AWAIT``, ``CLEAR`` and ``None``.
    :raises TypeError: at the call, when one of ``agents`` is nothing of this.
    """
    passed: Any = ctx.message_promises
    for stage in agents:
        if stage is AWAIT:
            await passed
        elif stage is not None:
            passed = stage(passed)
    ctx.reply(passed)


@miniagent
async def agent_loop(
    ctx: InteractionContext, agents: Annotated[Sequence[Any], AfterValidator(_stages_of_loop)]
) -> None:
    """Send the messages through ``agents``, then what comes out through them again, until one raises KeyboardInterrupt.

    That is the quiet end of it, without a reply; any other error is an error of the loop. ``AWAIT`` is what keeps the
    loop from running ahead of itself: everything else in it only makes promises. What came out of earlier rounds is let
    go of, so a loop may run for ever.

    :param agents: as in ``agent_chain``, with at least one agent and one ``AWAIT``.
    :raises ValueError: at the call, when there is no ``AWAIT`` or nothing else among ``agents``.
    :raises TypeError: at the call, when one of ``agents`` cannot stand in a chain.
    """
    with suppress(KeyboardInterrupt):
        await loop(*agents)(ctx.message_promises)


@miniagent
async def dialog_loop(
    ctx: InteractionContext,
    user_agent: MiniAgent[Any, Any],
    assistant_agent: MiniAgent[Any, Any],
    prompt_at_the_end: bool = False,
) -> None:
    """Let a user and an assistant talk until the user's agent raises KeyboardInterrupt (Ctrl+C, "exit").

    The user begins, with no messages. The dialog's own messages are the prompt: the assistant is sent them before
    whatever the user's agent replies, in each round anew, so they never become part of a history.

    :param user_agent: it is sent the assistant's reply, and its reply (with a history agent, all messages so far) is
        what the assistant is sent. ``console_user_agent``, say.
    :param assistant_agent: any agent that answers.
    :param prompt_at_the_end: send the prompt after the user's messages instead of before them.
    """
    prompt = ctx.message_promises
    before, after = (None, prompt) if prompt_at_the_end else (prompt, None)
    prompted = prompt_agent.fork(target_agent=assistant_agent, prompt_prefix=before, prompt_suffix=after)
    with suppress(KeyboardInterrupt):
        await loop(user_agent, AWAIT, prompted)(MessageSequencePromise())


@miniagent
async def prompt_agent(
    ctx: InteractionContext,
    target_agent: MiniAgent[Any, Any],
    prompt_prefix: Any = None,
    prompt_suffix: Any = None,
) -> None:
    """Send ``prompt_prefix``, the messages and ``prompt_suffix`` to ``target_agent``, and reply with its reply.

    :param target_agent: the agent that is to see the prompt.
    :param prompt_prefix: anything that stands for messages; ``None`` for nothing.
    :param prompt_suffix: the same, behind the messages.
    """
    around = (prompt_prefix, ctx.message_promises, prompt_suffix)
    ctx.reply(target_agent.inquire([part for part in around if part is not None]))


@miniagent
async def user_agent(
    ctx: InteractionContext,
    input_agent: MiniAgent[Any, Any],
    output_agent: MiniAgent[Any, Any] | None = None,
    history_agent: MiniAgent[Any, Any] | None = in_memory_history_agent,
) -> None:
    """Show the messages, ask for an answer, remember both, and reply with all that is remembered.

    :param input_agent: it replies with the messages it is sent and the user's answer; it is called when all messages
        have been shown. ``console_input_agent``, say.
    :param output_agent: it shows the messages and replies with the same ones. ``console_output_agent``, say.
    :param history_agent: it remembers what it is sent and replies with the whole history; with ``None``, the reply is
        the messages and the answer.
    """
    ctx.reply(agent_chain.inquire(ctx.message_promises, agents=[output_agent, AWAIT, input_agent, history_agent]))
