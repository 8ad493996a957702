"""``flatten``: streams of streams, in declared order."""

from __future__ import annotations

from typing import Any, Protocol, TypeVar, overload

from reactivex import Observable

from miniagents.messages import Message, MessagePromise, MessageSequencePromise
from miniagents.operators.stage import as_sequence

M = TypeVar("M", bound=Message)


class Flatten(Protocol):
    """The shape of ``flatten()`` and ``merge_all()``."""

    @overload
    def __call__(self, source: Observable[MessagePromise[M]], /) -> MessageSequencePromise[M]: ...
    @overload
    def __call__(self, source: Observable[MessageSequencePromise[M]], /) -> MessageSequencePromise[M]: ...
    @overload
    def __call__(self, source: Observable[M], /) -> MessageSequencePromise[M]: ...
    @overload
    def __call__(self, source: Observable[Any], /) -> MessageSequencePromise[Message]: ...


def flatten() -> Flatten:
    """Emit the messages of whatever the source emits, in declared order, depth first; all of it runs at once.

    In Rx's words: an eager concat of inners that run already. The source is followed from the call on. ::

        source   --A-----B----|
        A          --1-----2|
        B               -3|
        flatten  ----1-----23-|

    The sequence ends with the first inner sequence that fails; a message that fails stays in its place.

    >>> import reactivex as rx
    >>> from miniagents import MiniAgents
    >>> async def main() -> None:
    ...     print([str(message) for message in await rx.of("one", ["two", ["three"]]).pipe(flatten())])
    >>> MiniAgents().run(main())
    ['one', 'two', 'three']
    """
    return as_sequence
