"""Editing a message on a terminal, with prompt_toolkit; the only module that knows it."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prompt_toolkit.history import InMemoryHistory
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

USER_STYLE = "ansicyan bold"


@cache
def is_installed() -> bool:
    """Whether prompt_toolkit is there to be used; it is not loaded by this."""
    return find_spec("prompt_toolkit") is not None


async def edit_message(prompt: str, coloured: bool) -> str:
    """Let the person write a message: Enter sends it, Ctrl+Space begins a new line, arrow up brings earlier ones.

    :raises EOFError: at Ctrl+D in an empty message.
    :raises KeyboardInterrupt: at Ctrl+C.
    """
    from prompt_toolkit import PromptSession

    session: PromptSession[str] = PromptSession(history=_history(), key_bindings=_keys(), multiline=True)
    return await session.prompt_async([(USER_STYLE if coloured else "", prompt)])


@cache
def _history() -> InMemoryHistory:
    from prompt_toolkit.history import InMemoryHistory

    return InMemoryHistory()


@cache
def _keys() -> KeyBindings:
    from prompt_toolkit.key_binding import KeyBindings

    keys = KeyBindings()

    @keys.add("enter")
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.validate_and_handle()

    @keys.add("c-space")
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    return keys
