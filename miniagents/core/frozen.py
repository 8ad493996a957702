"""`Frozen`: an immutable model of any fields that knows the hash of its content."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from hashlib import sha256
from typing import Any, ClassVar, Final

from pydantic import BaseModel, GetCoreSchemaHandler
from pydantic_core import CoreSchema, InitErrorDetails, PydanticCustomError, ValidationError
from typing_extensions import override

from miniagents.core.atoms import Refusal, frozen_atom, frozen_float, frozen_int, frozen_text
from miniagents.core.canonical import BARE, Json, canonical_json, full_json, plain, quick_json
from miniagents.core.immutable import require_immutable
from miniagents.core.node import FrozenValue, Node, children, is_tuple, references
from miniagents.core.refused import first_refused, spelled
from miniagents.core.sealed import Sealed, set_undeclared, undeclared_of

__all__ = ["MAX_DEPTH", "Frozen", "FrozenValue", "freeze", "freeze_fields", "not_frozen"]

MAX_DEPTH: Final = 200
"""How deep tuples and models may stand in each other inside one frozen model (what counts by reference is no level)."""

_SHORT_INT: Final = 1 << 64
_TOO_DEEP: Final = f"deeper than {MAX_DEPTH} levels; put the inner part into a message of its own, or use text"
_new = object.__new__


class Frozen(Node, Sealed):
    """An immutable model of any fields, equal to every other of its class with the same canonical JSON.

    A field is read as an attribute or by ``model["name"]``; the latter also reaches an undeclared field that is named
    like a method, and is the spelling type checkers accept for undeclared fields. Lists become tuples, dicts become
    `Frozen`, at any depth. A leaf is `str`, `int`, `float`, `bool`, `None`, `bytes`, `UUID`, `datetime`, `date`,
    `time`, `timedelta`, `Decimal`, `Path`, `Enum` or a `frozenset` of these (`json_scalar` says how each is written).
    Anything else, and whatever has no canonical JSON (NaN, infinity, lone surrogates, more than 200 levels), is refused
    by the constructor with a `ValidationError` that names the field; so hashing and comparing never fail.

    Declared fields of a subclass are validated by pydantic and then frozen. A declared type whose values can change,
    and a private attribute, are refused with a `TypeError` when the class is defined. At run time every subclass takes
    undeclared fields too; type checkers hold it to the declared ones.
    """

    __slots__ = ("_depth", "_hash_key")

    __by_reference__: ClassVar[bool] = False
    __class_key__: ClassVar[str | None] = None

    def __init__(self, /, **fields: Any) -> None:
        if type(self) is not Frozen:
            self.__pydantic_validator__.validate_python(fields, self_instance=self)
            return
        try:
            freeze_fields(fields)
        except PydanticCustomError as error:
            raise not_frozen(Frozen, error, fields) from None
        set_undeclared(self, fields)

    # By this pydantic knows that it need not call the constructor; then `model_post_init` is what freezes.
    setattr(__init__, "__pydantic_base_init__", True)  # noqa: B010

    @override
    def model_post_init(self, context: Any, /) -> None:
        freeze_fields(vars(self))
        if undeclared := undeclared_of(self):
            freeze_fields(undeclared)
        self._check_frozen()

    def _check_frozen(self) -> None:
        """Raise `PydanticCustomError` if the fields, frozen now, do not go together; for subclasses to override."""

    @classmethod
    @override
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        cls.__class_key__ = cls.__name__
        if "model_post_init" in cls.__dict__:
            setattr(cls, "model_post_init", _then_freeze(cls.model_post_init))  # noqa: B010

    @classmethod
    @override
    def __get_pydantic_core_schema__(cls, source: type[BaseModel], handler: GetCoreSchemaHandler, /) -> CoreSchema:
        if cls.__pydantic_fields_complete__:  # before pydantic says in its own words what it does not know
            cls.__pydantic_on_complete__()
        return handler(source)

    @classmethod
    @override
    def __pydantic_on_complete__(cls) -> None:
        for name, field in cls.model_fields.items():
            require_immutable(cls, name, field.annotation, Frozen)

    @property
    @override
    def hash_key(self) -> str:
        """The SHA-256 of the canonical JSON, in 64 hexadecimal digits; the same in every process. Computed once."""
        try:
            return _read_hash_key(self) or _hash(self)
        except AttributeError:
            return _hash(self)

    def serialize(self) -> dict[str, Json]:
        """Return the plain data whose canonical JSON is hashed: nested messages by their hash keys."""
        _hash_references(self)
        return plain(self)

    @property
    def full_json(self) -> str:
        """The fields as JSON with nested messages in place, without names of classes."""
        return full_json(self)

    def as_kwargs(self) -> dict[str, Any]:
        """Return the fields by name, declared ones first, as frozen as they are: ``type(x)(**x.as_kwargs()) == x``."""
        return dict(self.fields_view())

    @override
    def fields_view(self) -> dict[str, Any]:
        """Return all fields by name; that of a plain `Frozen` is the real thing, to be read only."""
        if type(self) is Frozen:
            return undeclared_of(self)
        declared, known = self.__dict__, type(self).__pydantic_fields__
        if len(declared) != len(known):  # a cached property lives there too
            declared = {name: declared[name] for name in known}
        return {**declared, **undeclared_of(self)}

    @override
    def __eq__(self, other: object) -> bool:
        """Equal means: of the same class, with the same canonical JSON (so `1`, `1.0` and `True` differ)."""
        if not isinstance(other, Frozen):
            return NotImplemented
        return self is other or (type(self) is type(other) and self.hash_key == other.hash_key)

    @override
    def __hash__(self) -> int:
        return hash(self.hash_key)

    @override
    def __str__(self) -> str:
        return self.full_json

    @override
    def __repr__(self) -> str:
        try:
            return super().__repr__()
        except RecursionError:  # messages may refer to each other in a chain of any length
            return f"{type(self).__name__}(hash_key={self.hash_key!r})"


Frozen.__class_key__ = None
BARE[Frozen] = undeclared_of
set_hash_key: Callable[[Frozen, str | None], None] = Frozen.__dict__["_hash_key"].__set__
"""Keep the hash key of a model; None, given to one that is being made, makes its first hashing faster."""
_read_hash_key: Callable[[Frozen], str | None] = Frozen.__dict__["_hash_key"].__get__
_read_depth: Callable[[Frozen], int] = Frozen.__dict__["_depth"].__get__
_keep_depth: Callable[[Frozen, int], None] = Frozen.__dict__["_depth"].__set__


def _hash(model: Frozen) -> str:
    text = quick_json(model)
    if text is None:
        _hash_references(model)
        text = canonical_json(model)
    key = sha256(text.encode()).hexdigest()
    set_hash_key(model, key)
    return key


def _hash_references(model: Frozen) -> None:
    """Hash what `model` refers to, the innermost first, so that however long the chain is, no stack grows."""
    for node in references(model, _is_hashed):
        if isinstance(node, Frozen):
            _hash(node)


def _is_hashed(node: Node) -> bool:
    try:
        return isinstance(node, Frozen) and bool(_read_hash_key(node))
    except AttributeError:
        return False


def _then_freeze(post_init: Callable[[Any, Any], None]) -> Callable[[Frozen, Any], None]:
    @wraps(post_init)
    def post_init_and_freeze(self: Frozen, context: Any, /) -> None:
        post_init(self, context)
        Frozen.model_post_init(self, context)

    return post_init_and_freeze


def freeze_fields(fields: dict[str, Any]) -> None:
    """Freeze the values of `fields` in place; raise `PydanticCustomError`, which names the field, where that fails."""
    try:
        for name, value in fields.items():
            if not name.isascii():
                frozen_text(name)
            if type(value) is not str or not value.isascii():
                fields[name] = freeze(value)
    except Refusal:
        path, reason = first_refused(fields, freeze, MAX_DEPTH)
        context = {"path": spelled(path), "reason": reason}
        raise PydanticCustomError("not_frozen", "{path}: {reason}", context) from None


def not_frozen(owner: type, error: PydanticCustomError, fields: dict[str, Any]) -> ValidationError:
    """Return the `ValidationError` of a field of `owner` that could not be frozen."""
    path, _ = first_refused(fields, freeze, MAX_DEPTH)
    details = InitErrorDetails(type=error, loc=path[:12], input=fields.get(str(path[0])))
    return ValidationError.from_exception_data(owner.__name__, [details])


def freeze(thing: object, room: int = MAX_DEPTH) -> Any:
    """Return the frozen form of `thing`, with at most `room` levels in it; raise `Refusal` if it has none."""
    value: Any = thing
    kind = type(thing)
    if kind is str:
        return value if value.isascii() else frozen_text(value)
    if kind is int:
        return value if -_SHORT_INT < value < _SHORT_INT else frozen_int(value)
    if kind is dict:
        return _freeze_dict(value, room)
    if kind is list or kind is tuple:
        return _freeze_items(value, room)
    if value is None or kind is bool:
        return value
    return frozen_float(value) if kind is float else _freeze_other(value, room)


def _freeze_dict(value: dict[object, object], room: int) -> Frozen:
    if not room:
        raise Refusal(_TOO_DEEP)
    fields: dict[str, Any] = {}
    for name, item in value.items():
        if type(name) is not str:
            raise Refusal(f"the key {name!r} of a dict is not a plain str; use {str(name)!r}")
        if type(item) is not str or not item.isascii():
            item = freeze(item, room - 1)
        fields[name if name.isascii() else frozen_text(name)] = item
    node = _new(Frozen)
    set_undeclared(node, fields)
    return node


def _freeze_items(value: Iterable[object], room: int) -> tuple[object, ...]:
    if not room:
        raise Refusal(_TOO_DEEP)
    room -= 1
    return tuple([freeze(item, room) for item in value])


def _freeze_other(thing: object, room: int) -> Any:
    """Freeze what is not of one of the exact types that make up nearly all values."""
    if isinstance(thing, Frozen):
        if not thing.__by_reference__ and _depth(thing) > room:
            raise Refusal(_TOO_DEEP)
        return thing
    value: Any = thing
    kind = type(thing)
    if issubclass(kind, dict):
        return _freeze_dict(value, room)
    if issubclass(kind, (list, tuple)):
        return _freeze_items(value, room)
    return frozenset(map(frozen_atom, value)) if issubclass(kind, frozenset) else frozen_atom(value)


def _depth(model: Frozen) -> int:
    """Count the levels in `model`, itself included, once; level by level, so that no stack grows."""
    try:
        return _read_depth(model)
    except AttributeError:
        depth = 0
        level: list[Any] = [model]
        while level:
            depth += 1
            inside = [item for holder in level for item in children(holder) if _is_level(item)]
            level = list({id(item): item for item in inside}.values())
        _keep_depth(model, depth)
        return depth


def _is_level(value: object) -> bool:
    return is_tuple(value) or (isinstance(value, Node) and not value.__by_reference__)
