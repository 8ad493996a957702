"""What type checkers say about `Message` and its subclasses, without any plugin."""

from typing import assert_type

from miniagents.core.node import FrozenValue
from miniagents.messages.message import Message


class CustomMessage(Message):
    custom_field: str


class Reply(CustomMessage):
    score: float = 0.0


message = Message("Hello", role="user", data={"any": ["thing"]})
assert_type(message.content, str | None)
assert_type(message["role"], FrozenValue)
message.role  # E: attr-defined  # P: reportAttributeAccessIssue
Message(5)  # E: arg-type  # P: reportArgumentType
Message("a", "b")  # E: call-arg  # P: reportCallIssue

custom = CustomMessage("Hello", custom_field="Custom Value")
assert_type(custom.content, str | None)
assert_type(custom.custom_field, str)
CustomMessage(custom_field="x")
CustomMessage(content="Hello", custom_field="x")
CustomMessage("Hello")  # E: call-arg  # P: reportCallIssue
CustomMessage("Hello", custom_field=1)  # E: arg-type  # P: reportArgumentType
CustomMessage("Hello", "x")  # E: call-arg  # P: reportCallIssue
CustomMessage("Hello", custom_field="x", role="user")  # E: call-arg  # P: reportCallIssue

reply = Reply("Hello", custom_field="x", score=1)
assert_type(reply.score, float)
assert_type(Reply.from_metadata("Hello", {"custom_field": "x"}), Reply)
assert_type([sub.hash_key for sub in reply.sub_messages()], list[str])
