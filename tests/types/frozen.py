"""What type checkers say about `Frozen`."""

from typing import assert_type

from miniagents.core.frozen import Frozen
from miniagents.core.node import FrozenValue


class Point(Frozen):
    x: int
    y: int = 0


model = Frozen(anything=1, at=["all"])
assert_type(model["anything"], FrozenValue)
assert_type(model.get("anything"), FrozenValue)
assert_type(model.hash_key, str)
assert_type(model.full_json, str)
model.anything  # E: attr-defined  # P: reportAttributeAccessIssue
model.anything = 2  # E: attr-defined  # P: reportAttributeAccessIssue

point = Point(x=1)
assert_type(point.x, int)
assert_type(point.model_copy(update={"x": 2}), Point)
Point()  # E: call-arg  # P: reportCallIssue
Point(x="1")  # E: arg-type  # P: reportArgumentType
Point(x=1, z=2)  # E: call-arg  # P: reportCallIssue
point.z  # E: attr-defined  # P: reportAttributeAccessIssue

value = model["anything"]
if isinstance(value, tuple):
    first: FrozenValue = value[0]
