"""An agent that writes messages to a file as they come."""

from __future__ import annotations

from pathlib import Path
from typing import TextIO

from miniagents.agents import InteractionContext, miniagent


@miniagent
async def file_output_agent(ctx: InteractionContext, file: str | Path, append: bool = False) -> None:
    """Write the tokens of all messages to ``file`` as they come, and reply with the same messages.

    The text is written as it is, in UTF-8, without anything between two messages.

    :param file: the path; folders that are missing are made.
    :param append: write behind what the file holds already, instead of replacing it.
    :raises OSError: in the reply, when the file cannot be written; it names the path.
    """
    ctx.reply(ctx.message_promises)
    with _opened(Path(file), append) as output:
        async for message_promise in ctx.message_promises:
            async for token in message_promise:
                _write(token, output)


def _opened(path: Path, append: bool) -> TextIO:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("a" if append else "w", encoding="utf-8", newline="")


def _write(text: str, output: TextIO) -> None:
    try:
        output.write(text)
        output.flush()
    except OSError as error:  # a full disk, say: unlike opening, writing does not tell where
        error.filename = output.name
        raise
