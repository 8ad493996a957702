"""`Message`: an immutable piece of a conversation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, Self

from pydantic import Field
from pydantic_core import PydanticCustomError
from typing_extensions import override

from miniagents.core.atoms import json_scalar
from miniagents.core.canonical import full_json
from miniagents.core.frozen import Frozen, freeze_fields, not_frozen, set_hash_key
from miniagents.core.node import Node, references
from miniagents.core.promise import active_scope
from miniagents.core.sealed import set_declared, set_undeclared
from miniagents.messages.appender import MessageTokenAppender
from miniagents.messages.promise import MessagePromise, TokenStreamer, promise_of_message
from miniagents.messages.template import parts, require_fields


class Message(Frozen):
    """A text, or a template for one, with any fields beside it; its identity is its `hash_key`.

    ``Message("Hello", role="user")`` takes any fields. A subclass declares its own, which type checkers then hold
    callers to: ``class Question(Message): topic: str``. Undeclared fields are read by ``message["role"]``, or by
    attribute where no type checker looks. A message inside a message counts by its `hash_key`, as in git.

    As text a message is its `content`; else its `content_template` with every ``{field}`` replaced by the field of
    that name; else its `full_json` in a fence.
    """

    __slots__ = ()
    __by_reference__: ClassVar[bool] = True
    _is_nested: ClassVar[bool] = False  # as a piece of a sequence, where it may stand for its promise, it is a leaf,
    _scope: ClassVar[None] = None  # and cannot fail

    content: str | None = Field(default=None, kw_only=False)
    """The text, or None."""
    content_template: str | None = None
    """A text with ``{field}`` placeholders, for when there is no `content`; ``{{`` and ``}}`` stand for braces."""

    def __init__(self, /, content: str | None = None, **fields: Any) -> None:
        if type(self) is not Message or "content_template" in fields or not (content is None or type(content) is str):
            given = fields if content is None else {**fields, "content": content}  # a subclass may have its own default
            super().__init__(**given)
            return
        try:
            if content is not None and not content.isascii():
                freeze_fields({"content": content})
            if fields:
                freeze_fields(fields)
        except PydanticCustomError as error:
            raise not_frozen(Message, error, {"content": content, **fields}) from None
        set_declared(self, {"content": content, "content_template": None})
        set_undeclared(self, fields)
        set_hash_key(self, None)

    setattr(__init__, "__pydantic_base_init__", True)  # noqa: B010  # see Frozen

    @override
    def _check_frozen(self) -> None:
        if self.content_template is not None:
            require_fields(self.content_template, self.fields_view())

    @classmethod
    def from_metadata(cls, content: str | None, metadata: Mapping[str, Any]) -> Self:
        """Make a message of `content` and the fields in `metadata`; its `content` counts where there is no other."""
        if "content" not in metadata:
            return cls(content, **metadata)
        return cls(**(metadata if content is None else {**metadata, "content": content}))

    def sub_messages(self) -> Iterator[Message]:
        """Yield the messages inside this one, at any depth, in the order of fields, each once and before its parent."""
        for node in references(self):
            if isinstance(node, Message):
                yield node

    @override
    def __str__(self) -> str:
        return "".join(_texts(self))

    @property
    def as_promise(self) -> MessagePromise[Self]:
        """A promise of this message, which is there already; it has one token, the whole text."""
        promise: MessagePromise[Self] = promise_of_message(self, active_scope())
        return promise

    @classmethod
    def promise(
        cls,
        *,
        message_token_streamer: TokenStreamer | MessageTokenAppender | None = None,
        start_asap: bool | None = None,
        **preliminary_metadata: Any,
    ) -> MessagePromise[Self]:
        """Promise a message of this class whose tokens are streamed.

        `message_token_streamer` is `async def streamer(metadata)` with `yield` inside, or a `MessageTokenAppender`. The
        fields of the message are `preliminary_metadata`, known from the start, and what the streamer adds to
        `metadata`. Without a streamer the message is made of the metadata at once.
        """
        if message_token_streamer is None:
            return cls(**preliminary_metadata).as_promise
        return MessagePromise(cls, message_token_streamer, preliminary_metadata, start_asap)


_new = object.__new__


def message_of_text(text: str) -> Message:
    """``Message(text)``, for the most common of all messages."""
    if not text.isascii():
        return Message(text)
    message: Message = _new(Message)
    set_declared(message, {"content": text, "content_template": None})
    set_undeclared(message, {})
    set_hash_key(message, None)
    return message


def _texts(message: Message) -> Iterator[str]:
    """Yield the text of `message` in parts; messages in templates of messages take no stack."""
    todo: list[object] = [message]
    while todo:
        part = todo.pop()
        if not isinstance(part, Message) or (part is not message and type(part).__str__ is not Message.__str__):
            yield _text(part)
        elif part.content is not None:
            yield part.content
        elif part.content_template is not None:
            todo += reversed(list(_filled(part.content_template, part.fields_view())))
        else:
            yield f"```json\n{part.full_json}\n```"


def _filled(template: str, fields: Mapping[str, object]) -> Iterable[object]:
    for literal, field in parts(template):
        yield literal
        if field is not None:
            yield fields[field]


def _text(value: object) -> str:
    if isinstance(value, (str, Node)):
        return str(value)
    return full_json(value) if type(value) in (tuple, frozenset) else str(json_scalar(value))
