"""Which part of a value was refused: the path to it and the reason, worked out only once freezing has failed."""

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from miniagents.core.atoms import Refusal

Path: TypeAlias = tuple[int | str, ...]

_SHOWN = 12


def first_refused(fields: dict[str, Any], freeze: Callable[[Any, int], object], room: int) -> tuple[Path, str]:
    """Return the path to the innermost part of `fields` that `freeze` refuses first, and what it says about it."""
    path: Path = ()
    inside: object = fields
    reason = ""
    while room >= 0:
        found = _refused_part(inside, freeze, room)
        if found is None:
            break
        step, inside, reason = found
        path, room = (*path, step), room - 1
    return path, reason


def _refused_part(
    inside: object, freeze: Callable[[Any, int], object], room: int
) -> tuple[int | str, object, str] | None:
    for step, part in _parts(inside):
        try:
            freeze(step, room)
            freeze(part, room)
        except Refusal as refusal:
            return step, part, str(refusal)
    return None


def _parts(thing: object) -> Iterable[tuple[int | str, object]]:
    value: Any = thing
    kind: type[object] = type(thing)
    if issubclass(kind, dict):
        return [(name, part) for name, part in value.items() if isinstance(name, str)]
    items: Iterable[object] = value if issubclass(kind, (list, tuple)) else ()
    return enumerate(items)


def spelled(path: Path) -> str:
    """Return a path as it would be written in Python, the middle of a long one left out."""
    steps = [f"[{step}]" if isinstance(step, int) else f".{step}" for step in path]
    if len(steps) > _SHOWN:
        steps[_SHOWN // 2 : -_SHOWN // 2] = [" … "]
    return "".join(steps).lstrip(".").encode("utf-8", "backslashreplace").decode()
