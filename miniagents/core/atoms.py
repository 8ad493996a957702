"""The immutable leaves of a frozen value: which values they are, and the JSON form of each."""

from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from math import isfinite
from pathlib import PurePath
from typing import TypeAlias
from uuid import UUID

Atom: TypeAlias = (
    str | bytes | int | float | bool | UUID | datetime | date | time | timedelta | Decimal | PurePath | Enum | None
)
JsonScalar: TypeAlias = str | int | float | bool | None

# Python refuses to print longer integers in some settings; 640 digits are safe in all of them.
_INT_BITS = 2126
_KEPT = (UUID, datetime, date, time, timedelta)
_ALLOWED = (
    "str, int, float, bool, None, bytes, UUID, datetime, date, time, timedelta, Decimal, Path, Enum, "
    "frozenset, tuple or Frozen"
)


class Refusal(ValueError):
    """A value that cannot be part of a frozen one; the text says what to write instead."""


def frozen_atom(value: object) -> Atom:
    """Return the leaf itself, or its plain copy when it is of a subclass of `str`, `bytes`, `int` or `float`.

    Raises `Refusal` for a value that is no leaf or has no JSON form.
    """
    if isinstance(value, Enum):
        frozen_atom(value.value)
        return value
    for kind, freeze in _FREEZERS:
        if isinstance(value, kind):
            return freeze(value)
    if value is None or isinstance(value, (bool, *_KEPT)):
        return value
    raise Refusal(_why_not(value))


def frozen_text(value: str) -> str:
    """Return `value` as a plain `str`; raise `Refusal` if it holds a lone surrogate."""
    try:
        value.encode()
    except UnicodeEncodeError as error:
        place = f"{value[error.start]!r} at position {error.start}"
        raise Refusal(f"text with a lone surrogate ({place}); use text.encode('utf-8', 'replace').decode()") from None
    return str.__str__(value)


def frozen_int(value: int) -> int:
    """Return `value` as a plain `int`; raise `Refusal` if it has more than 640 digits."""
    if value.bit_length() >= _INT_BITS:
        raise Refusal("an integer of more than 640 digits; use text: hex(value)")
    return int.__int__(value)


def frozen_float(value: float) -> float:
    """Return `value` as a plain `float`; raise `Refusal` for NaN and infinity."""
    if not isfinite(value):
        raise Refusal(f"{value!r} has no JSON form; use None or text")
    return float.__float__(value)


def _frozen_decimal(value: Decimal) -> Decimal:
    if not value.is_finite():
        raise Refusal(f"{value!r} has no JSON form; use None or text")
    return value


def _frozen_path(value: PurePath) -> PurePath:
    frozen_text(str(value))
    return value


def json_scalar(atom: object) -> JsonScalar:
    """Return the JSON form of a leaf.

    `bytes` become URL-safe base64; `UUID`, `Decimal` their text; `datetime`, `date`, `time` ISO 8601; `timedelta` an
    ISO 8601 duration of days and seconds with six decimals; `Path` its text with forward slashes; an `Enum` member
    the form of its value.
    """
    if isinstance(atom, Enum):
        return json_scalar(atom.value)
    for kind, write in _WRITERS:
        if isinstance(atom, kind):
            return write(atom)
    if atom is None or isinstance(atom, (str, int, float)):
        return atom
    raise Refusal(_why_not(atom))


def _duration(value: timedelta) -> str:
    size = abs(value)
    sign = "-" if value < timedelta(0) else ""
    return f"{sign}P{size.days}DT{size.seconds}.{size.microseconds:06d}S"


def _why_not(value: object) -> str:
    kind = type(value).__qualname__
    if isinstance(value, set):
        return "a set can change; use frozenset"
    if isinstance(value, (bytearray, memoryview)):
        return f"a {kind} can change; use bytes"
    if hasattr(type(value), "model_dump"):
        return f"a model {kind} is not Frozen; derive it from Frozen, or use Frozen(**value.model_dump())"
    return f"a value of type {kind} is not immutable data; use {_ALLOWED}"


def _plain_bytes(value: bytes) -> bytes:
    return b"".join((value,))


def _base64(value: bytes) -> str:
    return urlsafe_b64encode(value).decode()


_FREEZERS: tuple[tuple[type[object], Callable[..., Atom]], ...] = (
    (str, frozen_text),
    (bool, bool),
    (int, frozen_int),
    (float, frozen_float),
    (bytes, _plain_bytes),
    (Decimal, _frozen_decimal),
    (PurePath, _frozen_path),
)
_WRITERS: tuple[tuple[type[object] | tuple[type[object], ...], Callable[..., JsonScalar]], ...] = (
    (bytes, _base64),
    ((UUID, Decimal), str),
    (datetime, datetime.isoformat),  # a datetime is a date too, so it comes first
    (date, date.isoformat),
    (time, time.isoformat),
    (timedelta, _duration),
    (PurePath, PurePath.as_posix),
)
