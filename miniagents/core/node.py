"""`Node`: what has named fields that do not change, read like a dict."""

from collections.abc import Callable, ItemsView, Iterable, Iterator, KeysView, ValuesView
from typing import Any, ClassVar, TypeAlias, TypeVar, overload

from typing_extensions import TypeIs

from miniagents.core.atoms import Atom

D = TypeVar("D")

FrozenValue: TypeAlias = "Atom | Node | tuple[FrozenValue, ...] | frozenset[Atom]"
"""What a field can hold."""


class Node:
    """A frozen model, as far as reading, walking and writing it are concerned."""

    __slots__ = ()

    __by_reference__: ClassVar[bool] = False
    """Whether a node that holds this one counts its hash key instead of its fields."""
    __class_key__: ClassVar[str | None] = None
    """The name under which the class counts, or None for a class that is nothing but its fields."""

    def fields_view(self) -> dict[str, Any]:
        """Return all fields by name, declared ones first; the dict may be shared, so it is only read."""
        raise NotImplementedError

    @property
    def hash_key(self) -> str:
        """The SHA-256 of the canonical JSON, in 64 hexadecimal digits."""
        raise NotImplementedError

    @overload
    def get(self, name: str) -> FrozenValue: ...
    @overload
    def get(self, name: str, default: D) -> FrozenValue | D: ...
    def get(self, name: str, default: object = None) -> object:
        """Return the field called `name`, or `default` if there is none."""
        return self.fields_view().get(name, default)

    def keys(self) -> KeysView[str]:
        """Return the names of all fields, declared ones first."""
        return dict(self.fields_view()).keys()

    def values(self) -> ValuesView[FrozenValue]:
        """Return the values of all fields, declared ones first."""
        return dict(self.fields_view()).values()

    def items(self) -> ItemsView[str, FrozenValue]:
        """Return all fields as pairs of name and value, declared ones first."""
        return dict(self.fields_view()).items()

    def __getitem__(self, name: str) -> FrozenValue:
        fields: dict[str, FrozenValue] = self.fields_view()
        try:
            return fields[name]
        except KeyError:
            known = ", ".join(fields) or "none"
            raise KeyError(f"{type(self).__name__} has no field {name!r}; it has: {known}") from None

    def __contains__(self, name: object) -> bool:
        return name in self.fields_view()

    def __len__(self) -> int:
        return len(self.fields_view())


def children(value: Any) -> Iterable[Any]:
    """Return the values directly inside a node or a tuple; nothing for a leaf."""
    if isinstance(value, Node):
        return value.fields_view().values()
    return value if is_tuple(value) else ()


def is_tuple(value: object) -> TypeIs[tuple[Any, ...]]:
    """Say whether `value` is a tuple, of anything."""
    return isinstance(value, tuple)


def is_frozenset(value: object) -> TypeIs[frozenset[Any]]:
    """Say whether `value` is a frozenset, of anything."""
    return isinstance(value, frozenset)


def references(node: Node, known: Callable[[Node], bool] = lambda node: False) -> Iterator[Node]:
    """Yield the nodes that count by reference inside `node`, at any depth, each once and before what holds it.

    Nodes that are `known` are left out, with all that is in them.
    """
    seen = {id(node)}
    open_nodes: list[tuple[object, Iterator[Any]]] = [(node, iter(children(node)))]
    while open_nodes:
        holder, rest = open_nodes[-1]
        for value in rest:
            if (isinstance(value, Node) or is_tuple(value)) and id(value) not in seen:
                seen.add(id(value))
                if isinstance(value, Node) and known(value):
                    continue
                open_nodes.append((value, iter(children(value))))
                break
        else:
            open_nodes.pop()
            if open_nodes and isinstance(holder, Node) and holder.__by_reference__:
                yield holder
