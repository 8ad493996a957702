"""`Frozen` refuses what can change, reads like a dict, and cannot be changed."""

import copy
import pickle
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, IntEnum
from pathlib import PurePosixPath
from typing import Annotated, Any, Generic, Literal, NamedTuple, NewType, Optional, TypedDict, TypeVar, Union
from uuid import UUID

import pytest
from pydantic import BaseModel, Field, PrivateAttr, TypeAdapter, ValidationError, field_validator, model_validator
from typing_extensions import override

from miniagents.core.frozen import Frozen


class Colour(Enum):
    RED = "red"


class Level(IntEnum):
    LOW = 1


class Mutable(BaseModel):
    x: int = 0


class Point(Frozen):
    x: int
    y: int = 0


class Loose(Frozen):
    data: Any = None


@dataclass
class Record:
    x: int = 0


class Pair(NamedTuple):
    x: int


class Shape(TypedDict):
    x: int


LEAVES = [
    ("text", '"text"'),
    (1, "1"),
    (1.0, "1.0"),
    (-0.0, "-0.0"),
    (True, "true"),
    (None, "null"),
    (b"\xff\x00", '"_wA="'),
    (UUID(int=1), '"00000000-0000-0000-0000-000000000001"'),
    (datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC), '"2024-01-02T03:04:05+00:00"'),
    (date(2024, 1, 2), '"2024-01-02"'),
    (time(3, 4), '"03:04:00"'),
    (timedelta(days=1, microseconds=5), '"P1DT0.000005S"'),
    (timedelta(seconds=-1), '"-P0DT1.000000S"'),
    (Decimal("1.10"), '"1.10"'),
    (PurePosixPath("a/b"), '"a/b"'),
    (Colour.RED, '"red"'),
    (Level.LOW, "1"),
    (frozenset({2, 10, "a"}), '["a",10,2]'),
]


@pytest.mark.parametrize(("value", "text"), LEAVES)
def test_every_kind_of_leaf_has_one_json_form(value: object, text: str) -> None:
    model = Frozen(x=value)
    assert model["x"] is value or model["x"] == value
    assert model.full_json == f'{{"x":{text}}}'
    assert len(model.hash_key) == 64


def test_lists_and_dicts_are_frozen_at_any_depth() -> None:
    model = Frozen(x=[1, {"a": ({"b": [2]},)}])
    assert model["x"] == (1, Frozen(a=(Frozen(b=(2,)),)))


def test_a_frozen_value_is_kept_as_it_is() -> None:
    inner = Frozen(a=1)
    assert Frozen(x=[inner])["x"] == (inner,)
    assert Frozen(x=inner)["x"] is inner


def test_what_a_model_was_made_from_does_not_change_it() -> None:
    items: list[Any] = [1]
    data = {"items": items}
    model, declared = Frozen(data=data), Loose(data=data)
    items.append(2)
    data["more"] = items
    assert model.full_json == declared.full_json == '{"data":{"items":[1]}}'


REFUSED: list[tuple[object, str]] = [
    ({1}, "x: a set can change; use frozenset"),
    ([0, {"a": bytearray(b"")}], r"x\[1\]\.a: a bytearray can change; use bytes"),
    (Mutable(), "x: a model Mutable is not Frozen; derive it from Frozen"),
    (Record(), "x: a value of type Record is not immutable data"),
    (object(), "x: a value of type object is not immutable data"),
    (lambda: 0, "x: a value of type function is not immutable data"),
    (iter([1]), "x: a value of type list_iterator is not immutable data"),
    ({1: 2}, "x: the key 1 of a dict is not a plain str; use '1'"),
    ({"a": {None: 2}}, "x.a: the key None of a dict"),
    (float("nan"), "x: nan has no JSON form"),
    ([float("-inf")], r"x\[0\]: -inf has no JSON form"),
    (Decimal("NaN"), "x: .* has no JSON form"),
    (10**640, "x: an integer of more than 640 digits"),
    ("a\ud800", "x: text with a lone surrogate"),
    ({"\udfff": 1}, "lone surrogate"),
    (frozenset({(1,)}), "x: a value of type tuple"),
]


@pytest.mark.parametrize("kind", [Frozen, Loose])
@pytest.mark.parametrize(("value", "reason"), REFUSED, ids=lambda case: None)
def test_a_refused_value_is_named_with_its_place_and_the_right_spelling(
    kind: type[Frozen], value: object, reason: str
) -> None:
    with pytest.raises(ValidationError, match=reason):
        kind.model_validate({"x": value})
    with pytest.raises(ValidationError, match=reason):
        kind(x=value)


def test_the_deepest_allowed_value_hashes_and_one_more_level_is_refused() -> None:
    nested: Any = 0
    for _ in range(200):
        nested = [nested]
    assert len(Frozen(x=nested).hash_key) == 64
    with pytest.raises(ValidationError, match="deeper than 200 levels"):
        Frozen(x=[nested])


def test_wrapping_one_model_after_another_meets_the_same_limit() -> None:
    model = Frozen()
    for _ in range(200):
        model = Frozen(x=model)
    assert len(model.hash_key) == 64
    with pytest.raises(ValidationError, match="deeper than 200 levels"):
        Frozen(x=model)


def test_a_list_that_contains_itself_is_refused() -> None:
    loop: list[object] = []
    loop.append(loop)
    with pytest.raises(ValidationError, match="deeper than 200 levels"):
        Frozen(x=loop)


T = TypeVar("T")
Name = NewType("Name", str)

MUTABLE_TYPES: list[tuple[Any, str]] = [
    (list[int], r"list.*use tuple\[\.\.\.\]"),
    (dict[str, int], "dict.*use Frozen"),
    (Mapping[str, int], "Mapping.*use Frozen"),
    (set[int], r"set.*use frozenset\[\.\.\.\]"),
    (bytearray, "bytearray.*use bytes"),
    (Sequence[int], r"Sequence.*use tuple\[\.\.\.\]"),
    (Mutable, "Mutable.*use a class derived from Frozen"),
    (Record, "Record.*use a class derived from Frozen"),
    (Shape, "Shape.*use Frozen"),
    (Pair, "Pair.*use tuple"),
    (int | list[int], "list"),
    (Union[int, set[int]], "set"),  # noqa: UP007
    (Optional[dict[str, int]], "dict"),  # noqa: UP045
    (tuple[int, list[int]], "list"),
    (tuple[Annotated[list[int], "note"], ...], "list"),
    (Callable[[], int], "Callable"),
]


@pytest.mark.parametrize(("annotation", "reason"), MUTABLE_TYPES, ids=repr)
def test_a_declared_type_that_can_change_is_refused_with_the_immutable_spelling(annotation: Any, reason: str) -> None:
    with pytest.raises(TypeError, match=f"field 'x' of .*Bad is declared as .*{reason}"):
        type("Bad", (Frozen,), {"__annotations__": {"x": annotation}})


IMMUTABLE_TYPES: list[Any] = [
    str, int | None, tuple[int, ...], tuple[()], tuple, frozenset[int], Frozen, Point, Any, object, Literal["a", 1],
    Name, T, Colour, datetime, Annotated[int, Field(gt=0)], tuple[Point | None, ...], Decimal, UUID,
]  # fmt: skip


@pytest.mark.parametrize("annotation", IMMUTABLE_TYPES, ids=repr)
def test_an_immutable_declared_type_is_accepted(annotation: Any) -> None:
    type("Good", (Frozen,), {"__annotations__": {"x": annotation}})


def test_a_generic_model_freezes_its_argument() -> None:
    class Box(Frozen, Generic[T]):
        item: T

    assert Box[tuple[int, ...]].model_validate({"item": [1]}).item == (1,)


def test_a_model_that_refers_to_itself_is_checked_and_frozen() -> None:
    class Tree(Frozen):
        leaves: "tuple[Tree, ...]" = ()
        data: Any = None

    tree = Tree.model_validate_json('{"leaves": [{"data": [1]}], "data": {"a": []}}')
    assert tree.leaves[0].data == (1,)
    assert tree.data == Frozen(a=())


def test_private_state_and_mutable_configuration_are_refused() -> None:
    with pytest.raises(TypeError, match="_cache is private state"):
        type("Bad", (Frozen,), {"__annotations__": {"_cache": int}, "_cache": PrivateAttr(0)})
    with pytest.raises(TypeError, match="cannot be made mutable"):
        type("Bad", (Frozen,), {"model_config": {"frozen": False}})


CHANGES: list[Callable[[Any], object]] = [
    lambda m: setattr(m, "x", 2),
    lambda m: setattr(m, "new", 2),
    lambda m: setattr(m, "_new", 2),
    lambda m: setattr(m, "__dict__", {}),
    lambda m: delattr(m, "x"),
    lambda m: delattr(m, "extra"),
    lambda m: m.__setstate__({}),
]


@pytest.mark.parametrize("change", CHANGES)
def test_no_attribute_can_be_set_or_deleted(change: Callable[[Any], object]) -> None:
    model = Point(x=1, extra=[1])  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    with pytest.raises(ValidationError, match="Instance is frozen"):
        change(model)
    assert model.as_kwargs() == {"x": 1, "y": 0, "extra": (1,)}


def test_what_the_model_hands_out_does_not_change_it() -> None:
    model = Point.model_validate({"x": 1, "extra": 1})
    model.model_extra["extra"] = 2
    model.model_fields_set.add("more")
    model.as_kwargs().clear()
    model.serialize()["x"] = 5
    dict(model).clear()
    assert model.as_kwargs() == {"x": 1, "y": 0, "extra": 1}
    assert model.model_fields_set == {"x", "extra"}


WAYS: list[Callable[[dict[str, Any]], Loose]] = [
    lambda fields: Loose.model_construct(**fields),
    lambda fields: Loose.model_validate(fields),
    lambda fields: Loose().model_copy(update=fields),
    lambda fields: Loose().copy(update=fields),  # pyright: ignore[reportDeprecated]  # it is there, so it is closed too
]


@pytest.mark.parametrize("make", WAYS)
def test_every_other_way_to_make_one_freezes_too(make: Callable[[dict[str, Any]], Loose]) -> None:
    model = make({"data": [1], "more": {"a": [2]}})
    assert model.as_kwargs() == {"data": (1,), "more": Frozen(a=(2,))}


def test_a_copy_with_changes_has_its_own_hash_and_a_copy_without_is_the_model() -> None:
    model = Point(x=1)
    before = model.hash_key
    changed = model.model_copy(update={"y": 5})
    assert changed == Point(x=1, y=5)
    assert changed.hash_key != before == model.hash_key
    assert model.model_copy() is copy.copy(model) is copy.deepcopy(model) is model
    with pytest.raises(ValidationError, match="valid integer"):
        model.model_copy(update={"y": "no"})


def test_defaults_and_what_validators_return_are_frozen() -> None:
    class Careless(Frozen):
        a: Any = [1]  # noqa: RUF012  # that it is taken is the point
        b: Any = Field(default_factory=lambda: {"x": [1]})
        c: tuple[int, ...] = (1,)

        @field_validator("c", mode="after")
        @classmethod
        def to_list(cls, value: tuple[int, ...]) -> Any:
            return list(value)

        @model_validator(mode="after")
        def look(self) -> "Careless":
            assert isinstance(self.c, tuple)
            return self

    model = Careless(c=(2, 3))
    assert model.as_kwargs() == {"a": (1,), "b": Frozen(x=(1,)), "c": (2, 3)}


def test_a_post_init_hook_runs_before_the_freezing() -> None:
    class Hooked(Frozen):
        a: Any = None

        @override
        def model_post_init(self, context: Any, /) -> None:
            vars(self)["a"] = [1]

    assert Hooked().a == (1,)


def test_it_reads_like_a_dict() -> None:
    model = Frozen(a=1, items=2)
    assert (model["a"], model["items"], model.get("b"), model.get("b", 3)) == (1, 2, None, 3)
    assert "a" in model and "b" not in model and len(model) == 2
    assert list(model.keys()) == ["a", "items"] and list(model.values()) == [1, 2]
    assert dict(model) == dict(model.items()) == dict(iter(model)) == {"a": 1, "items": 2}
    with pytest.raises(KeyError, match="Frozen has no field 'b'; it has: a, items"):
        model["b"]


def test_any_name_can_be_a_field() -> None:
    names = ["self", "cls", "fields", "_private", "__dict__", "model_config", "", "a b", "é", "copy"]
    model = Frozen(**{name: number for number, name in enumerate(names)})
    assert model.as_kwargs() == {name: number for number, name in enumerate(names)}


def test_it_is_what_pydantic_would_build() -> None:
    made, validated = Frozen(a=[1], b={"c": 2}), Frozen.model_validate({"a": [1], "b": {"c": 2}})
    assert made == validated and repr(made) == repr(validated) == "Frozen(a=(1,), b=Frozen(c=2))"
    assert made.model_dump() == validated.model_dump() == {"a": (1,), "b": {"c": 2}}
    assert made.model_dump_json() == '{"a":[1],"b":{"c":2}}'
    assert made.model_dump(exclude_unset=True) == made.model_dump()
    assert TypeAdapter(Frozen).validate_python(made) is made


@pytest.mark.parametrize("model", [Frozen(), Frozen(a=[{"b": 1}]), Point(x=1)])
def test_pickle_brings_back_an_equal_immutable_model(model: Frozen) -> None:
    back = pickle.loads(pickle.dumps(model))
    assert back == model and type(back) is type(model) and repr(back) == repr(model)
    with pytest.raises(ValidationError):
        setattr(back, "x", 1)  # noqa: B010


def test_models_are_keys_and_equal_by_class_and_json() -> None:
    assert len({Frozen(a=1, b=2), Frozen(b=2, a=1), Frozen(a=1, b=2.0), Frozen(a=True, b=2)}) == 3
    assert Frozen(x=1, y=0) != Point(x=1)
    assert Point(x=1) != {"x": 1, "y": 0}


def test_a_cached_property_changes_neither_fields_nor_hash() -> None:
    from functools import cached_property

    class Cached(Frozen):
        x: int

        @cached_property
        def twice(self) -> int:
            return 2 * self.x

    model = Cached(x=2)
    assert model.twice == 4
    assert model == Cached(x=2) and model.as_kwargs() == {"x": 2}


def test_no_lock_is_needed_to_hash_from_many_threads() -> None:
    from concurrent.futures import ThreadPoolExecutor

    models = [Frozen(a=number % 3) for number in range(60)]
    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(hash, models * 4))) == 3
