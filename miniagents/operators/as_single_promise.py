"""``as_single_promise``: all messages as one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from reactivex import Observable

from miniagents.messages import Message, MessagePromise
from miniagents.messages.join import join_messages
from miniagents.operators.stage import as_sequence, scope_of

M = TypeVar("M", bound=Message)


def as_single_promise(
    separator: str = "\n\n", **fields: Any
) -> Callable[[Observable[MessagePromise[Any]]], MessagePromise[Message]]:
    r"""One message whose tokens are those of all messages, in order, as they come, with ``separator`` in between. ::

        source             --A--------B----|
        A                    -a1-a2|
        B                              b1-|
        as_single_promise  ---a1-a2---\n\n-b1-|

    It has the metadata of its members, later ones over earlier ones, then ``fields``, and the members themselves in
    ``original_messages``. The first error, of a member or of the source, ends it after the tokens so far.

    >>> from miniagents import MessageSequencePromise, MiniAgents
    >>> async def main() -> None:
    ...     print(repr(str(await MessageSequencePromise(["one", "two"]).pipe(as_single_promise()))))
    >>> MiniAgents().run(main())
    'one\n\ntwo'
    """

    def joined(source: Observable[Any]) -> MessagePromise[Message]:
        sequence = as_sequence(source)
        scope = scope_of(sequence)
        return join_messages(sequence, scope, separator, fields, scope.start_asap)

    return joined
