"""Canonical JSON: the one text of a frozen value, from which its hash key comes.

It is what ``json.dumps(plain(node), sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)``
gives. In it

- a node of a class of its own carries the name of the class under ``class_``;
- a node that counts by reference stands by its hash key: as ``<field>__hash_key`` when it is the value of a field, as
  the list ``<field>__hash_keys`` when the field is a tuple of nothing else, and as ``{"__hash_key": …}`` inside any
  other tuple (a name of underscores alone gets one more, so that it is never taken for that);
- a field of the user's that is spelled like one of these names, with or without trailing underscores, gets one more
  underscore. So no two different values share a text.
"""

import json
import re
from collections.abc import Callable
from typing import Any, TypeAlias

from miniagents.core.atoms import JsonScalar, json_scalar
from miniagents.core.node import Node, is_frozenset, is_tuple

Json: TypeAlias = JsonScalar | list["Json"] | dict[str, "Json"]

_RESERVED = re.compile(r"(?:\Aclass_|__hash_keys?)_*\Z")


BARE: dict[type, Callable[[Any], dict[str, Any]]] = {}
"""Classes that are nothing but their fields, and how to get at these quickly, without a copy."""


class _NeedsPlain(Exception):
    """The quick way met something that only the plain form spells rightly."""


def canonical_json(node: Node) -> str:
    """Return the canonical JSON of `node`."""
    return _encode(plain(node))


def full_json(value: object) -> str:
    """Return a frozen value, such as a node, as JSON with everything in place: no references, no class names.

    Raises `ValueError` when nodes stand in each other too deep for that.
    """
    try:
        return _encode_in_place(value)
    except RecursionError:
        raise ValueError("nodes nested too deep to write in place; use serialize(), which writes references") from None


def quick_json(node: Node) -> str | None:
    """Return the canonical JSON without building the plain form, or None where only the plain form spells it rightly.

    A reserved name in the text may be one of the user's: that is left to the plain form.
    """
    fields, name = node.fields_view(), type(node).__class_key__
    if "class_" in fields:
        return None
    try:
        if name is not None:
            fields["class_"] = name
        text = _encode(fields)
    except _NeedsPlain:
        return None
    return None if "__hash_key" in text or text.count('"class_') > (name is not None) else text


def _quick_default(value: object) -> object:
    if bare := BARE.get(type(value)):
        return bare(value)
    if not isinstance(value, Node):
        return _leaf(value)
    if value.__by_reference__:
        raise _NeedsPlain
    return {**value.fields_view(), "class_": value.__class_key__}


def _full_default(value: object) -> object:
    return value.fields_view() if isinstance(value, Node) else _leaf(value)


def _leaf(value: object) -> Json:
    return sorted(map(_leaf, value), key=_encode) if is_frozenset(value) else json_scalar(value)


def plain(node: Node) -> dict[str, Json]:
    """Return what the canonical JSON of `node` is the text of: dicts, lists and scalars, made anew."""
    result = dict(_plain_field(name, value) for name, value in node.fields_view().items())
    if node.__class_key__ is not None:
        result["class_"] = node.__class_key__
    return result


def _plain_field(name: str, value: object) -> tuple[str, Json]:
    if isinstance(value, Node) and value.__by_reference__:
        return _reference_name(name) + "__hash_key", value.hash_key
    if is_tuple(value) and value:
        keys = [item.hash_key for item in value if isinstance(item, Node) and item.__by_reference__]
        if len(keys) == len(value):
            return _reference_name(name) + "__hash_keys", list[Json](keys)
    return name + "_" if _RESERVED.search(name) else name, _plain_value(value)


def _plain_value(value: object) -> Json:
    if isinstance(value, Node):
        return {"__hash_key": value.hash_key} if value.__by_reference__ else plain(value)
    if is_tuple(value):
        return [_plain_value(item) for item in value]
    return _leaf(value)


def _reference_name(name: str) -> str:
    return name if name.strip("_") else name + "_"


def _encoder(default: Callable[[object], object]) -> Callable[[object], str]:
    """Return the `encode` of a `json.JSONEncoder`; where there is a C one, without making it anew at every call."""
    make = getattr(json.encoder, "c_make_encoder", None)
    if make is None:
        options = {"ensure_ascii": False, "sort_keys": True, "allow_nan": False, "check_circular": False}
        return json.JSONEncoder(separators=(",", ":"), default=default, **options).encode
    chunks = make(None, default, json.encoder.encode_basestring, None, ":", ",", True, False, False)
    return lambda value: "".join(chunks(value, 0))


_encode = _encoder(_quick_default)
_encode_in_place = _encoder(_full_default)
