"""Programs as hypothesis makes them: trees of everything that can be replied, and what must come out of them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

from hypothesis import strategies as st

Saying = Literal["text", "dict", "message", "promise"]
Streaming = Literal["streamer", "lazy streamer", "appender"]
Container = Literal["list", "tuple", "generator", "sequence", "awaitable"]
Live = Literal[
    "agent", "lazy agent", "generator agent", "relay", "async iterable", "observable", "thread", "late observable"
]


@dataclass(frozen=True)
class Said:
    """A message that is there at once."""

    how: Saying = "text"


@dataclass(frozen=True)
class Streamed:
    """A message whose tokens come one by one, `turns` of the loop apart."""

    tokens: tuple[str, ...]
    fails: bool = False
    turns: int = 0
    how: Streaming = "streamer"


@dataclass(frozen=True)
class Failing:
    """An exception in place of a message."""


@dataclass(frozen=True)
class Group:
    """Several trees in a row, `turns` of the loop apart; one that dies does so behind its last item."""

    how: Container | Live
    items: tuple[Tree, ...]
    turns: int = 0
    dies: bool = False


Tree = Said | Streamed | Failing | Group


class Leaf(NamedTuple):
    """A message as a reader sees it: its text, or the tokens before its error and the name of that."""

    text: str
    error: str | None = None


class Boom(Exception):
    """The error of a program; it is named by the place in the tree that raised it."""


def expected(tree: Tree, path: str = "0") -> tuple[list[Leaf], str | None]:
    """The model: the messages of a program in order, and the name of the error it ends with, if any."""
    match tree:
        case Said():
            return [Leaf(path)], None
        case Streamed(tokens=tokens, fails=fails):
            return [Leaf("".join(tokens), path if fails else None)], None
        case Failing():
            return [], path
    leaves: list[Leaf] = []
    for index, item in enumerate(tree.items):
        more, end = expected(item, f"{path}.{index}")
        leaves += more
        if end is not None:
            return leaves, end
    return leaves, path if tree.dies else None


def whole(tree: Tree) -> list[str] | str:
    """The model of `await`: all texts, or the name of the first error."""
    leaves, end = expected(tree)
    return next((leaf.error for leaf in leaves if leaf.error), None) or end or [leaf.text for leaf in leaves]


def trees(*, errors: bool = True, threads: bool = True, size: int = 10) -> st.SearchStrategy[Tree]:
    """All programs of up to about `size` messages."""
    turns = st.integers(0, 3)
    fails = st.booleans() if errors else st.just(False)
    tokens = st.lists(st.sampled_from(["a", "bc", "\n", ""]), max_size=4).map(tuple)
    leaves: st.SearchStrategy[Tree] = st.one_of(
        st.builds(Said, st.sampled_from(get_args(Saying))),
        st.builds(Streamed, tokens, fails, turns, st.sampled_from(get_args(Streaming))),
        *([st.just(Failing())] if errors else []),
    )
    live = [how for how in get_args(Live) if threads or how != "thread"]

    def groups(inner: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
        items = st.lists(inner, max_size=4).map(tuple)
        return st.one_of(
            st.builds(Group, st.sampled_from(get_args(Container)), items, turns),
            st.builds(Group, st.sampled_from(live), items, turns, fails),
        )

    return st.recursive(leaves, groups, max_leaves=size)


async def turns(count: int) -> None:
    """Let the loop turn `count` times."""
    for _ in range(count):
        await asyncio.sleep(0)
