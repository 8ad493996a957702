"""`markdown_llm_logger_agent`: what is asked of language models and what they reply, one file for each request."""

from __future__ import annotations

import re
from asyncio import CancelledError
from collections.abc import Iterator, Mapping
from datetime import datetime
from io import IncrementalNewlineDecoder
from pathlib import Path
from typing import IO, Any

from miniagents.agents import InteractionContext, miniagent
from miniagents.core.canonical import full_json
from miniagents.core.errors import PromiseCancelledError
from miniagents.ext.visible import visible
from miniagents.messages import Message, MessagePromise

_NOT_FOR_FILE_NAMES = re.compile(r"[^A-Za-z0-9_-]+")
_LONGEST_ALIAS = 60
_MOST_AT_A_TIME = 10_000
_CANCELLED = "\n## cancelled\n"


@miniagent
async def markdown_llm_logger_agent(ctx: InteractionContext, log_folder: str | Path = "llm_logs") -> None:
    """Write a request to a language model and its response to a new file in ``log_folder``.

    The messages of the request come first, that of the response last; it is written as it streams. What fails or is
    cancelled stands there as far as it came, and why it ended. Contents are quoted line by line, with control
    characters spelled out: nothing in them is taken for a part of the log, or reaches a terminal.
    """
    about = ctx.this_agent.interaction_metadata.as_kwargs()
    alias = str(about.get("agent_alias", "llm"))
    with _new_file(Path(log_folder), alias) as file:
        file.write(f"# {_inline(alias)}, {_now().isoformat(sep=' ', timespec='milliseconds')}\n")
        file.writelines(_listed(about, "model", "parameters"))
        async for message in ctx.message_promises:
            await _write_message(message, file)


def _now() -> datetime:
    return datetime.now().astimezone()


def _new_file(folder: Path, alias: str) -> IO[str]:
    """A file that was not there before, named after the time and the agent."""
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"{_now():%Y%m%d_%H%M%S_%f}__{_NOT_FOR_FILE_NAMES.sub('_', alias)[:_LONGEST_ALIAS]}"
    for number in range(_MOST_AT_A_TIME):
        path = folder / f"{stem}{f'__{number}' if number else ''}.md"
        try:
            return path.open("x", encoding="utf-8", errors="backslashreplace")
        except FileExistsError:
            continue
    raise FileExistsError(f"there are {_MOST_AT_A_TIME} files {str(folder / stem)!r}... already")


async def _write_message(message: MessagePromise[Message], file: IO[str]) -> None:
    role = message.preliminary_metadata.as_kwargs().get("role", "user")
    file.write(f"\n## {_inline(str(role))}\n\n")
    quotation = _Quotation(file)
    try:
        async for tokens in message.batches(observe=False):  # its errors are for those who wait for the response
            quotation.write("".join(tokens))
            file.flush()
    except CancelledError:  # this agent itself
        quotation.end()
        file.write(_CANCELLED)
        raise
    quotation.end()
    await _write_end(message, file)


async def _write_end(message: MessagePromise[Message], file: IO[str]) -> None:
    error = await message.settled()
    if error is None:
        file.writelines(_listed((await message).as_kwargs(), "finish_reason", "usage"))
    elif isinstance(error, PromiseCancelledError):
        file.write(_CANCELLED)
    else:
        file.write("\n## error\n\n")
        quotation = _Quotation(file)
        quotation.write(f"{type(error).__name__}: {error}")
        quotation.end()


def _listed(fields: Mapping[str, Any], *names: str) -> Iterator[str]:
    """A list of those of ``names`` that there are, with their values as JSON."""
    there = [name for name in names if fields.get(name) is not None]
    if there:
        yield "\n"
    for name in there:
        yield f"- {name}: {_inline(full_json(fields[name]))}\n"


def _inline(text: str) -> str:
    """``text`` on one line, with nothing in it that Markdown takes for HTML."""
    return visible(text.replace("\n", "\\n")).replace("<", "&lt;")


class _Quotation:
    """A text that is written as a quotation, in whatever pieces it comes."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._line_ends = IncrementalNewlineDecoder(None, translate=True)
        self._prefix = "> "

    def write(self, text: str) -> None:
        self._quote(self._line_ends.decode(text))

    def end(self) -> None:
        """Write what was held back, and the end of the line."""
        self._quote(self._line_ends.decode("", final=True))
        self._file.write("\n")

    def _quote(self, text: str) -> None:
        if text:
            self._file.write(self._prefix + visible(text).replace("\n", "\n> "))
            self._prefix = ""
