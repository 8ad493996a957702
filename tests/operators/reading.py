"""What comes out of an operator, as text: messages, tokens and results alike, in every way of reading."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from returns.result import Failure, Result, Success

from miniagents import Message, MessagePromise
from tests.operators.scripted import Boom


@dataclass
class Read:
    """The text of all that came (None where a reader gets all or nothing), and the errors on the way."""

    text: str | None = ""
    errors: tuple[BaseException, ...] = ()

    async def add(self, piece: Any) -> None:
        try:
            self.text = (self.text or "") + await text_of(piece)
        except Boom as error:
            self.errors += (error,)


async def text_of(piece: Any) -> str:
    match piece:
        case str():
            return piece
        case MessagePromise():
            return str(await piece)
        case Message():
            return str(piece)
        case Success(message):
            return str(message)
        case Failure(error):
            return f"<{error}>"
        case tuple():
            return "".join([await text_of(part) for part in piece])
        case Result():
            raise NotImplementedError
    raise TypeError(f"{piece!r} comes out of no operator")


async def by_iteration(stream: Any) -> Read:
    read = Read()
    try:
        async for piece in stream:
            await read.add(piece)
    except Boom as error:
        read.errors += (error,)
    return read


async def by_await(stream: Any) -> Read:
    try:
        return Read(await text_of(await stream))
    except Boom as error:
        return Read(None, (error,))


async def by_subscription(stream: Any) -> Read:
    pieces: list[Any] = []
    ended: asyncio.Future[BaseException | None] = asyncio.get_running_loop().create_future()

    def end(error: BaseException | None = None) -> None:
        if not ended.done():  # the reader may have left
            ended.set_result(error)

    stream.subscribe(pieces.append, end, end)
    error = await ended
    read = Read()
    for piece in pieces:
        await read.add(piece)
    if error is not None:
        read.errors += (error,)
    return read


Reader = Callable[[Any], Awaitable[Read]]

READERS: tuple[Reader, ...] = (by_iteration, by_await, by_subscription)
