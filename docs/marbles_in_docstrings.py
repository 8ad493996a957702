"""Docstrings are written to be read in an editor; this makes Markdown of the three things in them that are not."""

import re

import griffe


class MarblesInDocstrings(griffe.Extension):
    """``sentence. ::`` before an indented block, and roles like ``:class:`Name```, as Markdown has them."""

    def on_object(self, *, obj: griffe.Object, **_: object) -> None:
        if obj.docstring is not None:
            obj.docstring.value = as_markdown(obj.docstring.value)


def as_markdown(text: str) -> str:
    text = re.sub(r"^::\n", "", text, flags=re.MULTILINE)
    text = re.sub(r" ::$", "", text, flags=re.MULTILINE)
    text = re.sub(r":(?:class|meth|func|data):`~?([^`]*)`", r"`\1`", text)
    return re.sub(r"::$", ":", text, flags=re.MULTILINE)
