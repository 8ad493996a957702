"""Agents that remember a conversation: in a list, or in a markdown file."""

from __future__ import annotations

from pathlib import Path
from weakref import WeakKeyDictionary, WeakValueDictionary

from miniagents.agents import InteractionContext, MiniAgent, MiniAgents, miniagent
from miniagents.ext.history_file import MAX_BYTES, HistoryFile, read_text
from miniagents.ext.llms.messages import AssistantMessage, SystemMessage, UserMessage
from miniagents.ext.transcript import as_markdown, from_markdown, is_role
from miniagents.messages import Message

_MESSAGE_CLASSES: dict[str, type[Message]] = {
    "user": UserMessage,
    "system": SystemMessage,
    "assistant": AssistantMessage,
}

_lists: WeakKeyDictionary[MiniAgents, list[Message]] = WeakKeyDictionary()


@miniagent(mutable_state={"message_list": None})
async def in_memory_history_agent(
    ctx: InteractionContext, message_list: list[Message] | None = None, return_full_history: bool = True
) -> None:
    """Add the messages to a list, and reply with all that is in it.

    :param message_list: the list, by identity; without one, a list that everything in the same ``MiniAgents`` context
        shares. A conversation of its own gets a list of its own:
        ``in_memory_history_agent.fork(mutable_state={"message_list": []})``.
    :param return_full_history: ``False`` replies with the messages of this call only.
    """
    if message_list is None:
        message_list = _lists.setdefault(MiniAgents.current(), [])
    if return_full_history:
        ctx.reply(message_list)
    async for message_promise in ctx.message_promises:
        ctx.reply(message_promise)
        message_list.append(await message_promise)


class MarkdownHistory:
    """Append the messages to a markdown file, and reply with all messages in it, of this run and of earlier ones.

    A message is in the reply once it is in the file, and what is in the file survives the end of the process, however
    sudden. The file keeps role and content; it may be edited by hand (``miniagents.ext.transcript`` says how it looks).
    It is locked against other processes for as long as the ``MiniAgents`` context lives.

    :param history_md_file: the path; a file that is missing is made, with its folders.
    :param append: ``False`` empties the file at its first use in a ``MiniAgents`` context.
    :param skip_empty: leave out messages without any text but blanks.
    :param no_history: pass the messages of this call on without writing them; for one message, its field
        ``no_history=True`` does the same.
    :param return_full_history: ``False`` replies with the messages of this call only.
    :param default_role: the role of messages that have none, or none that fits into a heading.
    :param max_bytes: how large the file may be. A larger one is not read, and what would make it larger is not written.
    :raises OSError: in the reply, when the file cannot be used, is too large, or another process uses it.
    :raises ValueError: in the reply, when the file is not UTF-8.
    """

    def __init__(
        self,
        ctx: InteractionContext,
        history_md_file: str | Path = "CHAT.md",
        append: bool = True,
        skip_empty: bool = True,
        no_history: bool = False,
        return_full_history: bool = True,
        default_role: str = "assistant",
        max_bytes: int = MAX_BYTES,
    ) -> None:
        self.ctx = ctx
        self._path = Path(history_md_file).resolve()
        self._append = append
        self._skip_empty = skip_empty
        self._no_history = no_history
        self._return_full_history = return_full_history
        self._default_role = default_role
        self._max_bytes = max_bytes

    async def __call__(self) -> None:
        """Reply with what the file holds, then with each message once it is there, too."""
        if not self._no_history:
            _begin(self._path, anew=not self._append)
        if self._return_full_history:
            earlier = from_markdown(read_text(self._path, self._max_bytes))
            self.ctx.reply([_message(role, content) for role, content in earlier])
        async for message_promise in self.ctx.message_promises:
            message = await message_promise
            if not self._skip_empty or str(message).strip():
                self._keep(message)
                self.ctx.reply(message)

    def _keep(self, message: Message) -> None:
        fields = message.as_kwargs()
        if self._no_history or fields.get("no_history"):
            return
        role = fields.get("role")
        text = as_markdown(role if is_role(role) else self._default_role, str(message))
        _file(self._path).append(text, self._max_bytes)


MarkdownHistoryAgent: MiniAgent[Message, Message] = miniagent(alias="MARKDOWN_HISTORY_AGENT")(MarkdownHistory)
"""A conversation that is kept in ``CHAT.md``, as an agent; its parameters are those of `MarkdownHistory`."""


def _message(role: str, content: str) -> Message:
    kind = _MESSAGE_CLASSES.get(role)
    return Message(content, role=role) if kind is None else kind(content)


class _OpenFiles:
    """The history files that one context uses."""

    def __init__(self) -> None:
        self.files: dict[Path, HistoryFile] = {}
        self.begun: set[Path] = set()


_open_files: WeakKeyDictionary[MiniAgents, _OpenFiles] = WeakKeyDictionary()
_files: WeakValueDictionary[Path, HistoryFile] = WeakValueDictionary()  # contexts share a file, and so its lock


def _begin(path: Path, anew: bool) -> None:
    history = _file(path)
    begun = _open_files[MiniAgents.current()].begun
    if anew and path not in begun:
        history.clear()
    begun.add(path)


def _file(path: Path) -> HistoryFile:
    mine = _open_files.setdefault(MiniAgents.current(), _OpenFiles())
    history = _files.get(path)
    if history is None or not history.is_in_place:
        history = _files[path] = HistoryFile(path)
    mine.files[path] = history
    return history
