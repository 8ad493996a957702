"""Docstrings are written to be read in an editor; this makes Markdown of the few things in them that are not."""

import re
from typing import Any

import griffe
from typing_extensions import override


class MarblesInDocstrings(griffe.Extension):
    """``sentence. ::`` before an indented block, and roles like ``:class:`Name```, as Markdown has them."""

    @override
    def on_package(self, *, pkg: griffe.Module, **_: Any) -> None:
        rewrite(pkg)


def rewrite(thing: griffe.Object) -> None:
    if thing.docstring is not None:
        thing.docstring.value = as_markdown(thing.docstring.value)
    for member in thing.members.values():
        if isinstance(member, griffe.Object):
            rewrite(member)


def as_markdown(text: str) -> str:
    text = re.sub(r"^::\n", "", text, flags=re.MULTILINE)
    text = re.sub(r" ::$", "", text, flags=re.MULTILINE)
    text = re.sub(r":(?:class|meth|func|data):`~?([^`]*)`", r"`\1`", text)
    return re.sub(r"::$", ":", text, flags=re.MULTILINE)
