"""The least that does the work: streams, calls and messages without errors, contexts, cancellation or checks."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterator
from typing import Generic, TypeAlias, TypeVar

from typing_extensions import override

T = TypeVar("T")
Push: TypeAlias = Callable[[object], None]
Answering: TypeAlias = Callable[[Push, int], Awaitable[None]]
Level: TypeAlias = Iterator[object] | tuple[AsyncIterator[object]]

FAIR_SLICE = 64
ATOMS = frozenset((str, int, float, bool, type(None)))
END = object()

_running: set[asyncio.Task[None]] = set()


class ReplayStream(Generic[T]):
    """The reference floor: one shared list, one Future made when somebody waits, an async generator per reader."""

    __slots__ = ("closed", "items", "waiter")

    def __init__(self) -> None:
        self.items: list[T] = []
        self.closed = False
        self.waiter: asyncio.Future[None] | None = None

    def push(self, item: T) -> None:
        """Adds an item and wakes all readers that wait."""
        self.items.append(item)
        waiter = self.waiter
        if waiter is not None:
            self.waiter = None
            waiter.set_result(None)

    def close(self) -> None:
        """Ends the stream."""
        self.closed = True
        waiter = self.waiter
        if waiter is not None:
            self.waiter = None
            waiter.set_result(None)

    def wait(self) -> asyncio.Future[None]:
        """The Future of the next push, shared by all who wait."""
        waiter = self.waiter
        if waiter is None:
            waiter = self.waiter = asyncio.get_running_loop().create_future()
        return waiter

    async def __aiter__(self) -> AsyncIterator[T]:
        """Everything from the beginning, one by one."""
        items, position = self.items, 0
        while True:
            ready = len(items)
            while position < ready:
                yield items[position]
                position += 1
            if position == len(items):
                if self.closed:
                    return
                await self.wait()

    async def batches(self) -> AsyncIterator[list[T]]:
        """Everything from the beginning, as much at a time as is there."""
        items, position = self.items, 0
        while True:
            ready = len(items)
            if position < ready:
                yield items[position:ready]
                position = ready
            elif self.closed:
                return
            else:
                await self.wait()


class PushStage(ReplayStream[T]):
    """Push-through: what comes in is mapped, kept and handed on to the next stage at once, without a task."""

    __slots__ = ("mapper", "next_stage")

    def __init__(self, mapper: Callable[[T], T]) -> None:
        super().__init__()
        self.mapper = mapper
        self.next_stage: PushStage[T] | None = None

    @override
    def push(self, item: T) -> None:
        """Maps, keeps and hands on."""
        mapped = self.mapper(item)
        super().push(mapped)
        if self.next_stage is not None:
            self.next_stage.push(mapped)

    @override
    def close(self) -> None:
        """Ends this stage and those behind it."""
        super().close()
        if self.next_stage is not None:
            self.next_stage.close()


async def pump(source: AsyncIterable[T], stream: ReplayStream[T]) -> None:
    """Copies a source into a stream; over a source that never awaits nobody else runs until its end."""
    async for item in source:
        stream.push(item)
    stream.close()


async def fair_pump(source: AsyncIterable[T], stream: ReplayStream[T]) -> None:
    """As `pump`, but gives way every so many items."""
    left = FAIR_SLICE
    async for item in source:
        stream.push(item)
        left -= 1
        if not left:
            left = FAIR_SLICE
            await asyncio.sleep(0)
    stream.close()


class Text:
    """A message of one field."""

    __slots__ = ("content",)

    def __init__(self, content: str) -> None:
        self.content = content


class Call:
    """A call with one task, whose replies go into a stream."""

    __slots__ = ("replies",)

    def __init__(self, function: Answering, argument: int) -> None:
        self.replies: ReplayStream[object] = ReplayStream()
        task = asyncio.create_task(_answer(function, argument, self.replies))
        _running.add(task)
        task.add_done_callback(_running.discard)


async def _answer(function: Answering, argument: int, replies: ReplayStream[object]) -> None:
    await function(replies.push, argument)
    replies.close()


async def flatten(root: object) -> list[Text]:
    """Messages of lists and calls in depth-first order: one explicit stack, sub-streams linked and read in place."""
    messages: list[Text] = []
    stack: list[Level] = [iter((root,))]
    while stack:
        level = stack[-1]
        item = await anext(level[0], END) if isinstance(level, tuple) else next(level, END)
        if isinstance(item, str):
            messages.append(Text(item))
        elif item is END:
            stack.pop()
        else:
            stack.append(_opened(item))
    return messages


def _opened(item: object) -> Level:
    if isinstance(item, list):
        return iter(item)
    if isinstance(item, Call):
        return (aiter(item.replies),)
    raise TypeError(f"{item!r} is neither text, list nor call")


class FrozenNode:
    """A dictionary inside a message; nobody changes it."""

    __slots__ = ("fields",)

    def __init__(self, fields: dict[str, object]) -> None:
        self.fields = fields


class FrozenMessage:
    """Fields frozen when it is made, at any depth; hashed as canonical JSON."""

    __slots__ = ("fields",)

    def __init__(self, content: str, **fields: object) -> None:
        frozen: dict[str, object] = {"content": content}
        for name, value in fields.items():
            frozen[name] = value if type(value) in ATOMS else freeze(value)
        self.fields = frozen


def freeze(value: object) -> object:
    """The value with tuples for lists and nodes for dictionaries."""
    if type(value) in ATOMS:
        return value
    if isinstance(value, list | tuple):
        return tuple([freeze(item) for item in value])
    if isinstance(value, dict):
        return FrozenNode({name: freeze(item) for name, item in value.items()})
    raise TypeError(f"{value!r} cannot be frozen")


def _fields(node: object) -> object:
    if isinstance(node, FrozenNode):
        return node.fields
    raise TypeError(f"{node!r} is no JSON")


ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_fields)


def hash_key(message: FrozenMessage) -> str:
    """sha256 of the message's canonical JSON, 64 hexadecimal digits."""
    return hashlib.sha256(ENCODER.encode(message.fields).encode()).hexdigest()
