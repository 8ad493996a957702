"""Templates of messages: text with ``{field}`` placeholders that are replaced by name, and by nothing but name."""

from collections.abc import Container, Iterator
from string import Formatter
from typing import NoReturn

from pydantic_core import PydanticCustomError


def parts(template: str) -> Iterator[tuple[str, str | None]]:
    """Yield pairs of a literal text and the field that follows it, if any.

    Raises `PydanticCustomError` at anything in braces but a plain field name.
    """
    try:
        parsed = list(Formatter().parse(template))
    except ValueError as error:
        _refuse(template, f"{error}; write {{{{ and }}}} for braces")
    for literal, field, spec, conversion in parsed:
        if field is not None and (spec or conversion or not field.isidentifier()):
            shown = _show(field, spec, conversion)
            _refuse(template, f"a placeholder is a plain field name like {{name}}, not {shown}")
        yield literal, field


def require_fields(template: str, fields: Container[str]) -> None:
    """Raise `PydanticCustomError` if a placeholder of `template` is not among `fields`."""
    for _, field in parts(template):
        if field is not None and field not in fields:
            _refuse(template, f"there is no field {field!r} for {{{field}}}; pass {field}=...")


def _show(field: str, spec: str | None, conversion: str | None) -> str:
    return f"{{{field}{'!' + conversion if conversion else ''}{':' + spec if spec else ''}}}"


def _refuse(template: str, reason: str) -> NoReturn:
    raise PydanticCustomError(
        "content_template", "content_template {template}: {reason}", {"template": repr(template), "reason": reason}
    )
