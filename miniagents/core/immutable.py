"""The check of declared field types: one whose values can change is refused, with the spelling of one that cannot."""

import collections
import dataclasses
import types
import typing
from collections import abc
from collections.abc import Callable, Iterator
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from uuid import UUID

import typing_extensions
from pydantic import BaseModel

_LEAVES = (str, bytes, int, float, type(None), UUID, date, time, timedelta, Decimal, PurePath, Enum)
_OPEN = (typing.Any, object, tuple, frozenset, ...)
_TUPLE_INSTEAD = (list, collections.deque, abc.Iterable, abc.Iterator, abc.Collection, abc.AsyncIterable)
_FROZEN_INSTEAD = (dict, abc.Mapping)


def require_immutable(owner: type, field: str, annotation: object, frozen: type) -> None:
    """Raise `TypeError` if a value of `annotation` could change once `owner` is made; `frozen` is the model allowed."""
    for part in _parts(annotation, []):
        spelling = _instead(part, frozen)
        if spelling is not None:
            place = f"field {field!r} of {owner.__qualname__}"
            raise TypeError(f"{place} is declared as {_show(part)}, which can change; use {spelling}")


def _parts(annotation: object, seen: list[object]) -> Iterator[object]:
    """Yield the types an annotation is made of, each where it stands as itself."""
    if annotation in seen:
        return
    seen.append(annotation)
    annotation = _unwrapped(annotation)
    origin = typing.get_origin(annotation)
    if origin is typing.Literal:
        return
    if origin is None:
        yield annotation
        return
    if origin not in (typing.Union, types.UnionType):
        yield origin
    if origin in (typing.Union, types.UnionType, tuple, frozenset):
        for argument in typing.get_args(annotation):
            yield from _parts(argument, seen)


def _unwrapped(annotation: object) -> object:
    """Look through what only names or decorates a type."""
    match annotation:
        case typing.TypeVar():
            return typing.Union[annotation.__constraints__ or annotation.__bound__ or object]  # noqa: UP007
        case typing.NewType():
            return _unwrapped(annotation.__supertype__)
        case typing_extensions.TypeAliasType():
            return _unwrapped(annotation.__value__)
        case _ if typing.get_origin(annotation) is typing.Annotated:
            return _unwrapped(typing.get_args(annotation)[0])
        case _:
            return annotation


def _instead(part: object, frozen: type) -> str | None:
    """Return the immutable spelling of a type, or None where there is nothing to say against it."""
    if part in _OPEN:
        return None
    if not isinstance(part, type):
        return "a type of immutable values"
    if issubclass(part, (*_LEAVES, frozen)):
        return None
    for refused, spelling in _SPELLINGS:
        if refused(part):
            return spelling
    return None if hasattr(part, "__get_pydantic_core_schema__") else "str, int, tuple[...], frozenset[...] or Frozen"


def _is(*kinds: type) -> Callable[[type], bool]:
    return lambda part: issubclass(part, kinds)


def _show(part: object) -> str:
    return part.__qualname__ if isinstance(part, type) else repr(part)


_SPELLINGS: tuple[tuple[Callable[[type], bool], str], ...] = (
    (typing_extensions.is_typeddict, "Frozen, or a class derived from it"),
    (_is(bytearray, memoryview), "bytes"),
    (_is(abc.Set), "frozenset[...]"),
    (_is(*_FROZEN_INSTEAD), "Frozen"),
    (_is(tuple), "tuple[...], or a class derived from Frozen"),
    (_is(BaseModel), "a class derived from Frozen"),
    (dataclasses.is_dataclass, "a class derived from Frozen"),
    (_is(*_TUPLE_INSTEAD), "tuple[...]"),
)
