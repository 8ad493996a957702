"""Programs performed: the trees of `programs`, made of real agents, streams, threads and errors."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from threading import Thread
from typing import Any

import reactivex as rx
from reactivex import Observable
from reactivex.disposable import Disposable

from miniagents import InteractionContext, Message, MessagePromise, MessageSequencePromise, miniagent
from miniagents.messages import MessageTokenAppender
from tests.laws.programs import Boom, Failing, Group, Said, Saying, Streamed, Tree, turns


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
