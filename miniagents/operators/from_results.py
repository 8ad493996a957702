"""``from_results``: values as errors again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from reactivex import Observable
from returns.result import Failure as Failed
from returns.result import Result, Success

from miniagents.core.bridge import follow_observable
from miniagents.core.scope import current_producer
from miniagents.messages import Message, MessageSequencePromise
from miniagents.messages.promise import open_promise
from miniagents.messages.sequence import new_sequence

M = TypeVar("M", bound=Message)


def from_results() -> Callable[[Observable[Result[M, Exception]]], MessageSequencePromise[M]]:
    """Emit the message of each ``Success``, and for each ``Failure`` a message that fails with its error. ::

        source        --S(A)-F(X)-S(C)|
        from_results  --A----B----C---|
        B                    X

    The way back from ``as_results``: nothing is lost, and later messages stay readable. The source is followed from the
    call on; where it fails, the sequence does.

    >>> import reactivex as rx
    >>> from miniagents import MiniAgents
    >>> async def main() -> None:
    ...     print([str(await promise) async for promise in rx.of(Success("a")).pipe(from_results())])
    >>> MiniAgents().run(main())
    ['a']
    """
    return _from_results


def _from_results(source: Observable[Any]) -> MessageSequencePromise[Any]:
    producer = current_producer()
    target = new_sequence(producer.scope, Message)

    def take(result: Result[Any, Exception]) -> None:
        match result:
            case Success(message):
                target._take_in(message)
            case Failed(error):
                failed = open_promise(Message, {}, producer.scope)
                failed._fail(error, producer)
                target._add(failed)
            case other:
                raise TypeError(f"from_results: {other!r} is neither a Success nor a Failure of returns.result")

    follow_observable(source, target, take)
    return target
