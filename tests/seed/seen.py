"""What a reply says, as text."""

from collections.abc import Iterable
from typing import Any

from miniagents import Message, MessageSequencePromise


async def texts(reply: MessageSequencePromise[Any]) -> list[str]:
    return [str(message) for message in await reply]


def words(messages: Iterable[Message]) -> str:
    return " ".join(map(str, messages))
