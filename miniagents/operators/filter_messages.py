"""``filter_messages``: some of the messages."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from reactivex import Observable

from miniagents.messages import Message, MessagePromise, MessageSequencePromise
from miniagents.operators.stage import with_message

M = TypeVar("M", bound=Message)


def filter_messages(
    predicate: Callable[[M], bool],
) -> Callable[[Observable[MessagePromise[M]]], MessageSequencePromise[M]]:
    """Emit the messages for which ``predicate(message)`` holds, in their order. ::

        source                                   --A---B---C--|
        filter_messages(lambda m: str(m) != "B") --A-------C--|

    A message has to be whole before it can be judged; they are waited for at the same time. Where ``predicate`` raises,
    the sequence ends with that error; a message that has failed is passed on as it is.

    >>> from miniagents import MiniAgents
    >>> async def main() -> None:
    ...     some = filter_messages(lambda message: message.content != "b")
    ...     print([str(message) for message in await MessageSequencePromise(["a", "b", "c"]).pipe(some)])
    >>> MiniAgents().run(main())
    ['a', 'c']
    """
    return partial(with_message, act=partial(_let_through, predicate))


def _let_through(
    predicate: Callable[[Any], bool], place: MessageSequencePromise[Any], promise: MessagePromise[Any]
) -> None:
    if predicate(promise._build()):
        place._add(promise)
