"""`Message`: its text, its fields, the messages in it, and its identity."""

import pickle
from typing import Literal

import pytest
from pydantic import TypeAdapter, ValidationError
from typing_extensions import override

from miniagents.core.canonical import canonical_json
from miniagents.core.frozen import Frozen
from miniagents.core.node import Node
from miniagents.messages.message import Message


class CustomMessage(Message):
    custom_field: str


class User(Message):
    role: Literal["user"] = "user"


def test_content_comes_by_position_or_by_name() -> None:
    assert Message("Hello").content == Message(content="Hello").content == "Hello"
    assert Message("Hello") == Message(content="Hello")
    assert Message().content is None


def test_a_subclass_declares_its_own_fields() -> None:
    message = CustomMessage("Hello", custom_field="Custom Value")
    assert (message.content, message.custom_field) == ("Hello", "Custom Value")
    with pytest.raises(ValidationError, match="custom_field\n  Field required"):
        CustomMessage("Hello")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def test_any_field_is_kept_by_every_class() -> None:
    for kind in (Message, User, CustomMessage):
        message = kind.from_metadata(None, {"custom_field": "x", "self": 1, "data": [1]})
        assert (message["self"], message["data"]) == (1, (1,))


@pytest.mark.parametrize("kind", [Message, User])
def test_content_of_another_type_is_refused(kind: type[Message]) -> None:
    with pytest.raises(ValidationError, match="content\n  Input should be a valid string"):
        kind(5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValidationError, match="content: text with a lone surrogate"):
        kind("a\ud800")


def test_it_is_what_pydantic_would_build() -> None:
    made, validated = Message("hi", role="user"), Message.model_validate({"content": "hi", "role": "user"})
    assert made == validated and repr(made) == repr(validated)
    assert repr(made) == "Message(content='hi', content_template=None, role='user')"
    assert made.__dict__ == validated.__dict__ and made.model_extra == validated.model_extra
    assert made.model_fields_set == validated.model_fields_set == {"content", "role"}
    assert made.model_dump(exclude_unset=True) == {"content": "hi", "role": "user"}
    assert TypeAdapter(Message).validate_json(made.full_json) == made


def test_a_message_survives_pickle() -> None:
    message = CustomMessage.from_metadata("x", {"custom_field": "y", "inner": Message("z", data={"a": [1]})})
    back = pickle.loads(pickle.dumps(message))
    assert back == message and back["inner"] == Message("z", data={"a": [1]})


def test_it_is_made_from_content_and_metadata() -> None:
    metadata = {"custom_field": "x", "role": "user"}
    message = CustomMessage.from_metadata("hi", metadata)
    assert message.as_kwargs() == {"content": "hi", "content_template": None, **metadata}
    assert Message.from_metadata("hi", {"content": "other"}) == Message("hi")
    assert Message.from_metadata(None, {"content": "other"}) == Message("other")


def test_a_subclass_may_give_content_a_default_of_its_own() -> None:
    class Greeting(Message):
        content: str | None = "hi"

    assert (Greeting().content, Greeting(content="bye").content) == ("hi", "bye")


def test_its_text_is_its_content() -> None:
    assert str(Message("{a} {{", a=1)) == "{a} {{"
    assert str(Message("text", content_template="{a}", a=1)) == "text"
    assert str(Message("")) == ""


def test_without_content_its_text_is_the_filled_template() -> None:
    inner = Message(content_template="<{name}>", name="{a}")
    message = Message(content_template="{{{a}}} {b} {inner} {inner}", a=1, b=[None, True], inner=inner)
    assert str(message) == "{1} [null,true] <{a}> <{a}>"


def test_without_either_its_text_is_its_json_in_a_fence() -> None:
    assert str(Message(b=[1], a="é")) == '```json\n{"a":"é","b":[1],"content":null,"content_template":null}\n```'


def test_a_template_is_filled_by_a_subclass_that_says_its_text_itself() -> None:
    class Shout(Message):
        @override
        def __str__(self) -> str:
            return (self.content or "").upper()

    assert str(Message(content_template="{x}!", x=Shout("hi"))) == "HI!"


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("{a.b}", "not {a.b}"),
        ("{a.__class__.__init__.__globals__}", "plain field name"),
        ("{a[0]}", r"not {a\[0\]}"),
        ("{0}", "not {0}"),
        ("{}", "not {}"),
        ("{a!r}", "not {a!r}"),
        ("{a:>10}", "not {a:>10}"),
        ("{a:{b}}", "plain field name"),
        ("{ a }", "plain field name"),
        ("{", "Single '{'"),
        ("}", "Single '}'"),
        ("{missing}", "there is no field 'missing' for {missing}; pass missing="),
        ("{__class__}", "there is no field '__class__'"),
        ("{hash_key}", "there is no field 'hash_key'"),
    ],
)
@pytest.mark.parametrize("kind", [Message, User])
def test_a_template_with_anything_but_names_of_fields_is_refused(
    kind: type[Message], template: str, reason: str
) -> None:
    with pytest.raises(ValidationError, match=reason):
        kind(content_template=template, a=Frozen(b=1), b=2)


def test_sub_messages_come_once_each_and_before_what_holds_them() -> None:
    a, b = Message("a"), Message("b")
    c = Message("c", parts=[a, {"deep": [[b]]}])
    message = Message("d", first=c, again=a, more={"x": {"y": Message("e")}})
    assert [sub.content for sub in message.sub_messages()] == ["a", "b", "c", "e"]


def test_a_chain_of_ten_thousand_messages_is_walked_hashed_and_shown() -> None:
    message = Message("0")
    for number in range(10_000):
        message = Message(content_template="{parent}.", parent=message, number=number)
    assert sum(1 for _ in message.sub_messages()) == 10_000
    assert len(message.hash_key) == 64 and message == message.model_copy(update={"number": 9_999})
    assert str(message) == "0" + "." * 10_000
    assert "Message(" in repr(message)
    with pytest.raises(ValueError, match=r"too deep to write in place; use serialize\(\)"):
        message.full_json  # noqa: B018


def test_hashing_a_growing_chain_looks_at_each_message_once(monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[Node] = []

    def count(node: Node) -> str:
        hashed.append(node)
        return canonical_json(node)

    monkeypatch.setattr("miniagents.core.frozen.canonical_json", count)
    message = Message("0")
    for _ in range(50):
        message = Message(parent=message)
        assert message.hash_key
    assert len(hashed) == 50


def test_nested_messages_are_serialized_by_reference_and_shown_in_place() -> None:
    one, two = Message("1"), Message("2")
    message = Message("x", sub=one, subs=[one, two], mixed=[one, "text", [two]], data={"in": one})
    assert message.serialize() == {
        "class_": "Message",
        "content": "x",
        "content_template": None,
        "sub__hash_key": one.hash_key,
        "subs__hash_keys": [one.hash_key, two.hash_key],
        "mixed": [{"__hash_key": one.hash_key}, "text", [{"__hash_key": two.hash_key}]],
        "data": {"in__hash_key": one.hash_key},
    }
    assert '"data":{"in":{"content":"1","content_template":null}}' in message.full_json
    assert "hash_key" not in message.full_json


def test_nothing_is_imported_or_run_by_what_the_data_names() -> None:
    data = (
        '{"class_": "os.system", "__class__": "os.system", "__reduce__": ["os.system", ["false"]], "py/object": "os"}'
    )
    message = Message.model_validate_json(data)
    assert type(message) is Message
    assert message["__class__"] == "os.system"
