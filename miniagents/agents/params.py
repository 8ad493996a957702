"""The parameters of an agent: what there are, and whether a call gives the right ones."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping
from typing import Any, get_args, get_origin, get_type_hints

from pydantic import ConfigDict, PydanticUserError, TypeAdapter, ValidationError
from pydantic.errors import PydanticSchemaGenerationError, PydanticUndefinedAnnotation

from miniagents.agents.context import InteractionContext
from miniagents.agents.secrets import is_secret
from miniagents.messages import Message

RESERVED = ("messages", "start_asap", "alias")
"""Names that `inquire` and `fork` have taken already."""

_LENIENT = ConfigDict(arbitrary_types_allowed=True)


class Parameters:
    """The signature of an agent's function or class, read once, when it is decorated.

    :param target: the function (its first parameter is the context) or the class (it has a ``ctx``).
    :param local_names: what string annotations may refer to besides globals.
    :raises TypeError: at a reserved name or where there is no context.
    """

    def __init__(self, target: Callable[..., Any], local_names: Mapping[str, Any]) -> None:
        self._name = getattr(target, "__qualname__", repr(target)).rpartition("<locals>.")[2]
        names = list(inspect.signature(target).parameters.values())
        self.context_name: str = _context_name(target, names, self._name)
        hints = _hints(target, local_names)
        self.message_classes: tuple[type[Message], type[Message]] = _message_classes(hints.get(self.context_name))
        rest = [parameter for parameter in names if parameter.name != self.context_name]
        self._open_ended = any(parameter.kind is parameter.VAR_KEYWORD for parameter in rest)
        named = [
            parameter for parameter in rest if parameter.kind not in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL)
        ]
        self._allowed = {parameter.name: hints.get(parameter.name, Any) for parameter in named}
        self.required: list[str] = [parameter.name for parameter in named if parameter.default is parameter.empty]
        self._adapters: dict[str, TypeAdapter[Any] | None] = {}
        for name in self._allowed:
            if name in RESERVED:
                raise TypeError(
                    f"{self._name}: a parameter cannot be called {name!r}, which `inquire` and `fork` use themselves "
                    f"(reserved: {', '.join(RESERVED)}); rename it"
                )

    def check_names(self, params: Mapping[str, Any]) -> None:
        """
        :raises TypeError: when ``params`` has a name that the agent does not take.
        """
        if self._open_ended:
            return
        for name in params:
            if name not in self._allowed:
                known = ", ".join(self._allowed) or "none"
                raise TypeError(f"{self._name}() takes no parameter {name!r}; its parameters: {known}")

    def check(self, params: Mapping[str, Any]) -> None:
        """
        :raises TypeError: when ``params`` has an unknown name, lacks a required one, or a value has the wrong type.
        """
        self.check_names(params)
        for name in self.required:
            if name not in params:
                raise TypeError(
                    f"{self._name}() needs the parameter {name!r}: pass {name}=... or fork the agent with it"
                )
        for name, value in params.items():
            self._check_type(name, value)

    def _check_type(self, name: str, value: object) -> None:
        annotation = self._allowed.get(name, Any)
        if annotation is Any or (annotation.__class__ is type and value.__class__ is annotation):
            return
        if name not in self._adapters:
            self._adapters[name] = _adapter(annotation)
        adapter = self._adapters[name]
        if adapter is None:
            return
        try:
            adapter.validate_python(value, strict=True)
        except ValidationError as error:
            first = error.errors()[0]
            if isinstance(refusal := first.get("ctx", {}).get("error"), ValueError):
                raise refusal from None  # a check that came with the annotation says it better
            reason = first["msg"]
            shown = "..." if is_secret(name) else repr(value)
            raise TypeError(f"{self._name}({name}={shown}): {reason}") from None


def _adapter(annotation: Any) -> TypeAdapter[Any] | None:
    try:
        return TypeAdapter(annotation)
    except (PydanticSchemaGenerationError, PydanticUndefinedAnnotation):
        return _lenient_adapter(annotation)
    except PydanticUserError:  # a model brings its own configuration
        return None


def _lenient_adapter(annotation: Any) -> TypeAdapter[Any] | None:
    try:
        return TypeAdapter(annotation, config=_LENIENT)
    except (PydanticUserError, PydanticSchemaGenerationError, PydanticUndefinedAnnotation, TypeError):
        return None


def _context_name(target: Callable[..., Any], parameters: list[inspect.Parameter], name: str) -> str:
    if inspect.isclass(target):
        if not any(parameter.name == "ctx" or parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
            raise TypeError(
                f"class {name} is no agent: it needs a field or __init__ parameter `ctx: InteractionContext`"
            )
        return "ctx"
    if not parameters or parameters[0].kind not in (
        inspect.Parameter.POSITIONAL_ONLY,
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
    ):
        raise TypeError(f"{name}() is no agent: its first parameter must be the context, `ctx: InteractionContext`")
    return parameters[0].name


def _hints(target: Callable[..., Any], local_names: Mapping[str, Any]) -> dict[str, Any]:
    """The annotations of ``target``, as far as they can be found."""
    hints: dict[str, Any] = {}
    for source in (target, getattr(target, "__init__", None)) if inspect.isclass(target) else (target,):
        try:
            hints |= {} if source is None else get_type_hints(source, localns=dict(local_names), include_extras=True)
        except (NameError, TypeError, AttributeError):
            hints |= _hints_one_by_one(source, local_names)
    return hints


def _hints_one_by_one(source: Any, local_names: Mapping[str, Any]) -> dict[str, Any]:
    """Where one annotation cannot be evaluated, those that can still count."""
    found: dict[str, Any] = {}
    module = sys.modules.get(getattr(source, "__module__", ""), None)
    for name, annotation in getattr(source, "__annotations__", {}).items():
        probe = type(
            "_Probe", (), {"__annotations__": {name: annotation}, "__module__": getattr(module, "__name__", "")}
        )
        try:
            found |= get_type_hints(probe, localns=dict(local_names), include_extras=True)
        except (NameError, TypeError, AttributeError):
            continue
    return found


def _message_classes(context: Any) -> tuple[type[Message], type[Message]]:
    """``In`` and ``Out`` of ``InteractionContext[In, Out]``; ``Message`` where they are not given or no classes."""
    if get_origin(context) is not InteractionContext:
        return Message, Message
    arguments = [*get_args(context), Message, Message][:2]
    first, second = (kind if isinstance(kind, type) and issubclass(kind, Message) else Message for kind in arguments)
    return first, second
