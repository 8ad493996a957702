"""The public names with their signatures, read from the source: `python -m tests.docs.api` writes `docs/api.txt`.

Nothing is imported, so the text is the same on every version of Python.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
DUMP = ROOT / "docs" / "api.txt"
COMMAND = "python -m tests.docs.api"
MODULES = (
    "miniagents",
    "miniagents.miniagents",
    "miniagents.messages",
    "miniagents.core",
    "miniagents.core.errors",
    "miniagents.operators",
    "miniagents.ext",
    "miniagents.ext.llms",
)
SPECIAL = frozenset("__or__ __ror__ __and__ __call__ __await__ __aiter__ __aenter__ __aexit__ __getitem__".split())

Function = ast.FunctionDef | ast.AsyncFunctionDef
Definition = Function | ast.ClassDef | ast.AnnAssign | ast.Assign


@dataclass(frozen=True)
class Name:
    """A public name: where it is defined, and by what (several definitions are overloads)."""

    module: str
    name: str
    home: str
    definitions: tuple[Definition, ...]

    @property
    def documented(self) -> Iterator[tuple[str, str | None]]:
        """What has to have a docstring, each with the one that it has."""
        for definition in self.definitions:
            match definition:
                case ast.ClassDef():
                    yield f"{self.home}.{self.name}", ast.get_docstring(definition)
                    for method in _public_methods(definition):
                        if _needs_docstring(method):
                            yield f"{self.home}.{self.name}.{method.name}", ast.get_docstring(method)
                case ast.FunctionDef() | ast.AsyncFunctionDef() if _needs_docstring(definition):
                    yield f"{self.home}.{self.name}", ast.get_docstring(definition)


def dump() -> str:
    """The text of `docs/api.txt`."""
    lines = [f"The public API. A change of it goes in here, too: {COMMAND}"]
    shown: dict[tuple[str, str], str] = {}
    for module in MODULES:
        lines += ["", module]
        for name in names_of(module):
            first = shown.setdefault((name.home, name.name), module)
            seen = _lines(name) if first == module else [f"{name.name}  (see {first})"]
            lines += [f"    {line}" for line in seen]
    return "\n".join(lines) + "\n"


def names_of(module: str) -> list[Name]:
    """The names in `__all__` of `module`, or, without one, all that it defines."""
    tree = _tree(module)
    listed = _listed(tree)
    names = listed if listed is not None else [n.name for n in tree.body if isinstance(n, ast.ClassDef | Function)]
    return [_find(module, name) for name in sorted(names)]


def _listed(tree: ast.Module) -> list[str] | None:
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id="__all__")], value=ast.List(elts=elements)):
                return [str(e.value) for e in elements if isinstance(e, ast.Constant) and e.value != "__version__"]
    return None


def _find(module: str, name: str) -> Name:
    """Follow imports to where `name` is defined."""
    home = module
    while not (found := tuple(_definitions(_tree(home), name))):
        home = _imported_from(home, name)
    return Name(module, name, home, found)


def _definitions(tree: ast.Module, name: str) -> Iterator[Definition]:
    for node in tree.body:
        match node:
            case ast.ClassDef(name=found) | ast.FunctionDef(name=found) | ast.AsyncFunctionDef(name=found):
                if found == name:
                    yield node
            case ast.AnnAssign(target=ast.Name(id=found)) | ast.Assign(targets=[ast.Name(id=found)]):
                if found == name:
                    yield node


def _imported_from(module: str, name: str) -> str:
    for node in _tree(module).body:
        if isinstance(node, ast.ImportFrom) and any((a.asname or a.name) == name for a in node.names):
            assert node.module is not None, "imports of the package are absolute"
            return node.module
    raise LookupError(f"{module} neither defines nor imports {name}")


@cache
def _tree(module: str) -> ast.Module:
    path = ROOT / Path(*module.split("."))
    return ast.parse((path / "__init__.py" if path.is_dir() else path.with_suffix(".py")).read_text())


# --- how it is written


def _lines(name: Name) -> Iterator[str]:
    for definition in _seen_from_outside(name.definitions):
        match definition:
            case ast.ClassDef():
                yield from _class_lines(name.home, definition)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield _signature(definition)
            case ast.AnnAssign(annotation=ast.Name(id="TypeAlias"), value=ast.expr() as value):
                yield f"{name.name} = {ast.unparse(value)}"
            case ast.AnnAssign():
                yield f"{name.name}: {ast.unparse(definition.annotation)}"
                yield from _parameters_of_agent(name.home, definition.value)
            case ast.Assign():
                yield f"{name.name} = {ast.unparse(definition.value)}"


def _parameters_of_agent(home: str, made_of: ast.expr | None) -> Iterator[str]:
    """The class that an agent is made of says what parameters it has."""
    match made_of:
        case ast.Call(func=ast.Call(func=ast.Name(id="miniagent")), args=[ast.Name(id=name)]):
            for definition in _find(home, name).definitions:
                if isinstance(definition, ast.ClassDef):
                    yield from (f"    {line}" for line in _class_lines(home, definition))


def _class_lines(home: str, definition: ast.ClassDef) -> Iterator[str]:
    bases = [ast.unparse(base) for base in [*definition.bases, *definition.keywords]]
    yield f"class {definition.name}({', '.join(bases)})" if bases else f"class {definition.name}"
    inherited = [line for base in definition.bases for line in _inherited(home, base)]
    own = list(_members(definition))
    known = {_called(line) for line in own}
    yield from (f"    {line}" for line in [*own, *(line for line in inherited if _called(line) not in known)])


def _called(line: str) -> str:
    """The name in a line of the dump."""
    return re.split(r"[(:]", line.rpartition("def ")[2] if "def " in line else line)[0]


def _inherited(home: str, base: ast.expr) -> Iterator[str]:
    """What a class gets from a base of the package that is not public itself."""
    name = ast.unparse(base).partition("[")[0]
    try:
        found = _find(home, name)
    except (LookupError, FileNotFoundError):
        return
    for definition in found.definitions:
        if isinstance(definition, ast.ClassDef) and not _is_public(found):
            yield from _members(definition)
            for further in definition.bases:
                yield from _inherited(found.home, further)


def _is_public(name: Name) -> bool:
    return any(name.name in (_listed(_tree(module)) or ()) for module in MODULES)


def _members(definition: ast.ClassDef) -> Iterator[str]:
    for node in definition.body:
        match node:
            case ast.AnnAssign(target=ast.Name(id=name)) if not name.startswith("_"):
                default = "" if node.value is None else f" = {ast.unparse(node.value)}"
                yield f"{name}: {ast.unparse(node.annotation)}{default}"
    yield from map(_signature, _seen_from_outside(_public_methods(definition, init=True)))


def _public_methods(definition: ast.ClassDef, init: bool = False) -> list[Function]:
    methods = [node for node in definition.body if isinstance(node, Function)]
    shown = SPECIAL | {"__init__"} if init else SPECIAL
    return [method for method in methods if method.name in shown or not method.name.startswith("_")]


def _seen_from_outside(definitions: list[Function] | tuple[Definition, ...]) -> list[Definition]:
    """Of overloads, all but the implementation."""
    overloaded = {d.name for d in definitions if isinstance(d, Function) and "overload" in _decorators(d)}
    return [
        d
        for d in definitions
        if not isinstance(d, Function) or d.name not in overloaded or "overload" in _decorators(d)
    ]


def _signature(function: Definition) -> str:
    assert isinstance(function, Function)
    decorators = [d for d in _decorators(function) if d in ("property", "classmethod", "staticmethod", "miniagent")]
    kind = "async def" if isinstance(function, ast.AsyncFunctionDef) else "def"
    returns = "" if function.returns is None else f" -> {ast.unparse(function.returns)}"
    return f"{''.join(f'@{d} ' for d in decorators)}{kind} {function.name}({ast.unparse(function.args)}){returns}"


def _decorators(function: Function) -> list[str]:
    return [ast.unparse(decorator).partition("(")[0] for decorator in function.decorator_list]


def _needs_docstring(function: Function) -> bool:
    special = function.name.startswith("__")
    return not special and not {"overload", "override"} & set(_decorators(function))


if __name__ == "__main__":
    DUMP.write_text(dump())
