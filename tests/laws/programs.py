"""Programs as hypothesis makes them: trees of everything that can be replied, and what must come out of them."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from threading import Thread
from typing import Any, Literal, NamedTuple, get_args

import reactivex as rx
from hypothesis import strategies as st
from reactivex import Observable
from reactivex.disposable import Disposable

from miniagents import InteractionContext, Message, MessagePromise, MessageSequencePromise, miniagent
from miniagents.messages import MessageTokenAppender

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


class World:
    """One performance of a program: the errors it raises, and how often each of its producers has run."""

    def __init__(self) -> None:
        self.errors: dict[str, Boom] = {}
        self.runs: Counter[str] = Counter()

    def error(self, path: str) -> Boom:
        return self.errors.setdefault(path, Boom(path))

    def make(self, tree: Tree, path: str = "0") -> Any:
        """The program itself: something that can be replied."""
        match tree:
            case Said(how=how):
                return _said(how, path)
            case Streamed():
                return _streamed(self, tree, path)
            case Failing():
                return self.error(path)
            case Group():
                return _MAKERS[tree.how](self, tree, path)

    def make_all(self, group: Group, path: str) -> list[Any]:
        return [self.make(item, f"{path}.{index}") for index, item in enumerate(group.items)]

    async def steps(self, group: Group, path: str) -> AsyncIterator[Any]:
        """The items of a live group, each made when its time has come."""
        self.runs[path] += 1
        for index, item in enumerate(group.items):
            await turns(group.turns)
            yield self.make(item, f"{path}.{index}")
        if group.dies:
            raise self.error(path)

    def sequence(self, tree: Tree) -> MessageSequencePromise:
        return MessageSequencePromise(self.make(tree))


def _said(how: Saying, text: str) -> Any:
    match how:
        case "text":
            return text
        case "dict":
            return {"content": text, "mood": "fine"}
        case "message":
            return Message(text)
        case "promise":
            return Message(text).as_promise


def _streamed(world: World, tree: Streamed, path: str) -> MessagePromise:
    async def streamer(metadata: dict[str, Any]) -> AsyncIterator[str]:
        world.runs[path] += 1
        for token in tree.tokens:
            await turns(tree.turns)
            yield token
        metadata["ended"] = True
        if tree.fails:
            raise world.error(path)

    if tree.how != "appender":
        return Message.promise(message_token_streamer=streamer, start_asap=tree.how == "streamer" and None)
    appender = MessageTokenAppender(capture_errors=True)
    promise = Message.promise(message_token_streamer=appender)
    asyncio.get_running_loop().call_soon(_fill, world, tree, path, appender)
    return promise


def _fill(world: World, tree: Streamed, path: str, appender: MessageTokenAppender) -> None:
    with appender:
        for token in tree.tokens:
            appender.append(token)
        if tree.fails:
            raise world.error(path)


@miniagent
async def replying(ctx: InteractionContext, world: World, group: Group, path: str) -> None:
    async for item in world.steps(group, path):
        ctx.reply(item)


@miniagent
async def yielding(ctx: InteractionContext, world: World, group: Group, path: str) -> AsyncIterator[Any]:
    async for item in world.steps(group, path):
        yield item


@miniagent
async def relaying(ctx: InteractionContext, world: World, group: Group, path: str) -> None:
    async for promise in MessageSequencePromise(world.steps(group, path)):
        ctx.reply(promise)


class Later:
    """An awaitable that is no coroutine, so that it may be forgotten."""

    def __init__(self, world: World, group: Group, path: str) -> None:
        self._arguments = world, group, path

    def __await__(self) -> Any:
        return self._all().__await__()

    async def _all(self) -> list[Any]:
        world, group, path = self._arguments
        return [item async for item in world.steps(group, path)]


def _observable(world: World, group: Group, path: str) -> Observable[Any]:
    items = rx.from_iterable(world.make_all(group, path))
    return rx.concat(items, rx.throw(world.error(path))) if group.dies else items


def _thread(world: World, group: Group, path: str) -> Observable[Any]:
    items = world.make_all(group, path)
    error = world.error(path) if group.dies else None

    def subscribe(observer: Any, _: Any) -> Disposable:
        def emit() -> None:
            for item in items:
                observer.on_next(item)
            if error is None:
                observer.on_completed()
            else:
                observer.on_error(error)

        Thread(target=emit).start()
        return Disposable()

    return rx.create(subscribe)


def _late(world: World, group: Group, path: str) -> Observable[Any]:
    items = world.make_all(group, path)

    def subscribe(observer: Any, _: Any) -> Disposable:
        call_soon = asyncio.get_running_loop().call_soon  # a hot source would have emitted before it is looked at
        for item in items:
            call_soon(observer.on_next, item)
        call_soon(*((observer.on_error, world.error(path)) if group.dies else (observer.on_completed,)))
        return Disposable()

    return rx.create(subscribe)


_MAKERS: dict[str, Any] = {
    "list": World.make_all,
    "tuple": lambda *args: tuple(World.make_all(*args)),
    "generator": lambda *args: (item for item in World.make_all(*args)),
    "sequence": lambda *args: MessageSequencePromise(World.make_all(*args)),
    "awaitable": Later,
    "agent": lambda world, group, path: replying(world=world, group=group, path=path),
    "lazy agent": lambda world, group, path: replying(start_asap=False, world=world, group=group, path=path),
    "generator agent": lambda world, group, path: yielding(world=world, group=group, path=path),
    "relay": lambda world, group, path: relaying(world=world, group=group, path=path),
    "async iterable": World.steps,
    "observable": _observable,
    "thread": _thread,
    "late observable": _late,
}
