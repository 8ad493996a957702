"""`Sealed`: a pydantic model without any of pydantic's public ways to change it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, Self

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import InitErrorDetails
from typing_extensions import override


class _Derived:
    """One of pydantic's slots that takes no memory here: what it would hold follows from the fields."""

    def __init__(self, derive: Callable[[BaseModel], object]) -> None:
        self._derive = derive

    def __get__(self, model: BaseModel | None, owner: type[BaseModel]) -> object:
        return self if model is None else self._derive(model)

    def __set__(self, model: BaseModel, value: object) -> None:
        """Pydantic says here what the fields say already."""


class Sealed(BaseModel):
    """A model that keeps undeclared fields too, and refuses every change of any field, with a `ValidationError`."""

    __slots__ = ("__weakref__",)

    model_config: ClassVar[ConfigDict] = ConfigDict(
        frozen=True, extra="allow", ser_json_bytes="base64", val_json_bytes="base64", protected_namespaces=()
    )

    @classmethod
    @override
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        for name in cls.__private_attributes__:
            raise TypeError(f"{cls.__qualname__}.{name} is private state, which can change; use a field or ClassVar")
        if not cls.model_config.get("frozen"):
            raise TypeError(f"{cls.__qualname__} cannot be made mutable; remove frozen=False")

    @property
    @override
    def model_extra(self) -> dict[str, Any]:
        """A copy of the undeclared fields."""
        return dict(undeclared_of(self))

    @property
    @override
    def model_fields_set(self) -> set[str]:
        """The undeclared fields, and the declared ones that differ from their defaults."""
        return self.__pydantic_fields_set__

    @classmethod
    @override
    def model_construct(cls, _fields_set: set[str] | None = None, **values: Any) -> Self:
        """Make an instance as the constructor does: nothing skips the checks."""
        return cls(**values)

    @override
    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Return a model with `update` over these fields, validated as a whole; without `update` the model itself."""
        if not update:
            return self
        return type(self).model_validate({**dict(BaseModel.__iter__(self)), **update}, by_alias=False, by_name=True)

    @override
    def __copy__(self) -> Self:
        return self

    @override
    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        return self

    @override
    def __reduce__(self) -> tuple[Callable[..., Sealed], tuple[object, ...]]:
        return restore, (type(self), dict(self.__dict__), self.model_extra)

    @override
    def __setstate__(self, state: dict[Any, Any]) -> None:
        raise _frozen_instance(self, "__dict__", state)

    if not TYPE_CHECKING:  # type checkers know the same from `frozen=True`
        __pydantic_private__ = _Derived(lambda model: None)
        __pydantic_fields_set__ = _Derived(lambda model: _fields_set(model))

        def __setattr__(self, name: str, value: object) -> NoReturn:
            raise _frozen_instance(self, name, value)

        def __delattr__(self, name: str) -> NoReturn:
            raise _frozen_instance(self, name, None)

        def copy(self, *, include: Any = None, exclude: Any = None, update: Any = None, deep: bool = False) -> Self:
            """Pydantic's older spelling of `model_copy`."""
            fields = dict(BaseModel.__iter__(self))
            kept = set(fields if include is None else include) - set(exclude or ())
            return type(self)(**{name: fields[name] for name in fields if name in kept} | dict(update or {}))


set_declared: Callable[[BaseModel, dict[str, Any]], None] = BaseModel.__dict__["__dict__"].__set__
"""Give a model that is being made its declared fields."""
set_undeclared: Callable[[BaseModel, dict[str, Any]], None] = BaseModel.__dict__["__pydantic_extra__"].__set__
"""Give a model that is being made its undeclared fields."""
undeclared_of: Callable[[BaseModel], dict[str, Any]] = BaseModel.__dict__["__pydantic_extra__"].__get__
"""Return the undeclared fields of a model, the real thing."""


def restore(kind: type[Sealed], declared: dict[str, Any], undeclared: dict[str, Any]) -> Sealed:
    """Put together what pickle took apart."""
    model = kind.__new__(kind)
    set_declared(model, declared)
    set_undeclared(model, undeclared)
    return model


def _fields_set(model: BaseModel) -> set[str]:
    known = type(model).model_fields
    given = {name for name, value in model.__dict__.items() if name in known and not _is_default(known[name], value)}
    return given.union(undeclared_of(model))


def _is_default(field: FieldInfo, value: object) -> bool:
    default: object = field.default
    return value is default or (type(value) is type(default) and value == default)


def _frozen_instance(model: BaseModel, name: str, value: object) -> ValidationError:
    error = InitErrorDetails(type="frozen_instance", loc=(name,), input=value)
    return ValidationError.from_exception_data(type(model).__name__, [error])
