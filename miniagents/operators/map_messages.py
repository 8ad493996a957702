"""``map_messages``: something else for each message."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, TypeAlias, overload

from reactivex import Observable
from typing_extensions import TypeVar

from miniagents.messages import Message, MessagePromise, MessageSequencePromise, MessageType
from miniagents.operators.stage import with_message

M = TypeVar("M", bound=Message, default=Message)
N = TypeVar("N", bound=Message, default=Message)


_One: TypeAlias = N | MessagePromise[N] | MessageSequencePromise[N]
_Some: TypeAlias = _One[N] | Sequence[_One[N]]


@overload
def map_messages(
    mapper: Callable[[M], _Some[N] | Awaitable[_Some[N]]],
) -> Callable[[Observable[MessagePromise[M]]], MessageSequencePromise[N]]: ...
@overload
def map_messages(
    mapper: Callable[[M], MessageType],  # where there may be text, there may be a plain Message
) -> Callable[[Observable[MessagePromise[M]]], MessageSequencePromise[Message]]: ...
def map_messages(
    mapper: Callable[[M], MessageType],
) -> Callable[[Observable[MessagePromise[M]]], MessageSequencePromise[Message]]:
    """Emit, in the place of each message, whatever ``mapper(message)`` stands for: one message, several, or none. ::

        source                                 --A------B---|
        map_messages(lambda m: [f"{m}!", "?"]) --A!-?---B!-?|

    ``mapper`` is called when the message is whole; it may also be an ``async def`` or call agents. Messages are waited
    for at the same time, and their places stay in order. Where it raises, the sequence ends with that error; a message
    that has failed is passed on as it is.

    >>> from miniagents import MiniAgents
    >>> async def main() -> None:
    ...     twice = map_messages(lambda message: [message, message])
    ...     print([str(message) for message in await MessageSequencePromise(["a", "b"]).pipe(twice)])
    >>> MiniAgents().run(main())
    ['a', 'a', 'b', 'b']
    """
    return partial(with_message, act=partial(_take_in, mapper))


def _take_in(mapper: Callable[[Any], Any], place: MessageSequencePromise[Any], promise: MessagePromise[Any]) -> None:
    place._take_in(mapper(promise._build()))
