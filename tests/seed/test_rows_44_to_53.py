"""Rows 44 to 53: messages."""

import json

import pytest
from pydantic import ValidationError

from miniagents import Frozen, Message, MessagePromise, MiniAgents
from miniagents.core.errors import AppenderNotOpenError
from miniagents.messages import MessageTokenAppender


def test_row_44_a_message_takes_any_fields_and_cannot_change() -> None:
    message = Message("text", role="user")
    assert (message.content, message["role"]) == ("text", "user")
    with pytest.raises(ValidationError):
        message.content = "other"  # type: ignore[misc]


def test_row_45_lists_become_tuples_and_dicts_become_frozen() -> None:
    model = Frozen(items=[1, [2]], about={"deep": {"list": []}})
    assert model["items"] == (1, (2,))
    assert model["about"] == Frozen(deep=Frozen(list=()))


def test_row_45_a_set_is_refused() -> None:
    with pytest.raises(ValidationError, match="frozenset"):
        Frozen(items={1})


def test_row_46_the_same_content_has_the_same_key_whatever_the_order_of_fields() -> None:
    assert Message("a", x=1, y=2).hash_key == Message("a", y=2, x=1).hash_key
    assert Message("a", x=1).hash_key != Message("a", x=2).hash_key


def test_row_46_messages_inside_count_by_their_keys() -> None:
    inner = Message("inner")
    outer = Message("outer", one=inner, many=[inner, inner])
    assert inner.hash_key in json.dumps(outer.serialize())
    assert "inner" not in [value for value in outer.serialize().values() if isinstance(value, str)]


def test_row_47_a_hash_key_has_64_hexadecimal_digits() -> None:
    assert len(bytes.fromhex(Message("a").hash_key)) == 32


def test_row_48_a_message_shows_its_fields_and_the_messages_inside_it() -> None:
    deepest = Message("deepest")
    inner = Message("inner", deepest=deepest)
    outer = Message("outer", inner=inner)
    assert [str(message) for message in outer.sub_messages()] == ["deepest", "inner"]
    assert json.loads(outer.full_json)["inner"]["deepest"]["content"] == "deepest"
    assert Message(**outer.as_kwargs()) == outer


def test_row_49_the_text_is_the_content_or_the_template_or_json_in_a_fence() -> None:
    assert str(Message("text", x=1)) == "text"
    assert str(Message(content_template="{x} and {y}", x=1, y="two")) == "1 and two"
    assert str(Message(x=1)).startswith("```json\n") and str(Message(x=1)).endswith("\n```")


def test_row_51_a_message_class_of_ones_own_declares_its_fields() -> None:
    class CustomMessage(Message):
        custom_field: str

    message = CustomMessage("Hello", custom_field="Custom Value")
    assert (message.content, message.custom_field) == ("Hello", "Custom Value")
    with pytest.raises(ValidationError, match="custom_field"):
        CustomMessage("Hello")  # type: ignore[call-arg]


async def test_row_52_metadata_is_known_before_the_text() -> None:
    async with MiniAgents():
        with MessageTokenAppender() as appender:
            promise: MessagePromise = Message.promise(message_token_streamer=appender, role="user")
            assert promise.preliminary_metadata["role"] == "user"
            appender.append("text")
        assert (await promise)["role"] == "user"


async def test_row_53_tokens_are_appended_in_an_open_appender() -> None:
    async with MiniAgents():
        appender = MessageTokenAppender()
        with pytest.raises(AppenderNotOpenError):
            appender.append("too early")
        with appender:
            promise: MessagePromise = Message.promise(message_token_streamer=appender)
            appender.append("a")
            appender.metadata_so_far["mood"] = "fine"
            appender.append("b")
        assert [token async for token in promise] == ["a", "b"]
        assert (await promise)["mood"] == "fine"
