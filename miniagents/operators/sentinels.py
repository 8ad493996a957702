"""``AWAIT`` and ``CLEAR``: two operators that are used by name, in chains and loops."""

from __future__ import annotations

from typing import Any, Final, TypeVar, final

from reactivex import Observable
from typing_extensions import override

from miniagents.core.pump import produce
from miniagents.core.scope import current_producer
from miniagents.messages import Message, MessagePromise, MessageSequencePromise
from miniagents.messages.sequence import new_sequence
from miniagents.operators.stage import as_sequence

M = TypeVar("M", bound=Message)


@final
class Await:
    """The type of :data:`AWAIT`."""

    __slots__ = ()

    @override
    def __repr__(self) -> str:
        return "AWAIT"

    def __call__(self, source: Observable[MessagePromise[M]], /) -> MessageSequencePromise[M]:
        """Emit the messages of ``source`` when all of them are resolved."""
        sequence = as_sequence(source)
        parent = current_producer()
        waited = new_sequence(parent.scope, Message)
        produce(waited, parent.scope, parent, "AWAIT", parent.scope.start_asap, _resolve_all, sequence, waited)
        return waited


@final
class Clear:
    """The type of :data:`CLEAR`."""

    __slots__ = ()

    @override
    def __repr__(self) -> str:
        return "CLEAR"

    def __call__(self, _: Observable[MessagePromise[M]], /) -> MessageSequencePromise[M]:
        """Emit nothing."""
        nothing: MessageSequencePromise[Any] = MessageSequencePromise()
        return nothing


AWAIT: Final = Await()
"""Emit the messages of the source when all of them are resolved, and not before; an error of any ends it at once.

It is what keeps a loop from running ahead of itself: everything else only makes promises."""

CLEAR: Final = Clear()
"""Emit nothing, whatever the source emits: what comes next in a chain starts without messages."""


async def _resolve_all(sequence: MessageSequencePromise[Any], waited: MessageSequencePromise[Any]) -> None:
    await sequence
    waited._add(sequence)
