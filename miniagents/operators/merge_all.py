"""``merge_all``: streams of streams, in the order of arrival."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reactivex import Observable
from typing_extensions import override

from miniagents.core.cursor import Cursor, Follower, Followers, Place
from miniagents.core.failure import Failure
from miniagents.core.flatten import Flat
from miniagents.core.replay import COMPLETED, Completed
from miniagents.messages import Message, MessagePromise, MessageSequencePromise
from miniagents.messages.sequence import new_sequence
from miniagents.operators.flatten import Flatten
from miniagents.operators.stage import as_sequence, follow, scope_of


def merge_all() -> Flatten:
    """Emit the messages of whatever the source emits, each as soon as it is there. ::

        source     --A-----B----|
        A            --1-----2|
        B                 -3|
        merge_all  ----1---3-2--|

    The source and all that it emits are followed from the call on. The first of them that fails ends the sequence; a
    message that fails stays in its place.

    >>> from miniagents import MiniAgents
    >>> async def main() -> None:
    ...     both = MessageSequencePromise(["one", ["two"]])
    ...     print([str(message) for message in await both.pipe(merge_all())])
    >>> MiniAgents().run(main())
    ['one', 'two']
    """
    return _merge_all


def _merge_all(source: Observable[Any]) -> MessageSequencePromise[Any]:
    sequence = as_sequence(source)
    target = new_sequence(scope_of(sequence), Message)
    follow(sequence, target, lambda: _Merge(Cursor(sequence), _Tally(target)))
    return target


class _Tally(Followers):
    """Which of the merged streams are still open, and what they are merged into."""

    __slots__ = ("target",)

    def __init__(self, target: MessageSequencePromise[Any]) -> None:
        super().__init__()
        self.target = target
        target._feeder = self


class _Merge(Follower):
    """Takes the pieces of one stream as they are, links and all, and follows each link at once."""

    __slots__ = ("_tally",)

    def __init__(self, place: Place, tally: _Tally) -> None:
        super().__init__(place)
        self._tally = tally
        tally.open.add(self)

    @override
    def take(self, pieces: Sequence[Flat[Any] | MessagePromise[Any]]) -> None:
        tally = self._tally
        for piece in pieces:
            if tally.target._end is not None:
                self.stop()
                return
            if isinstance(piece, Flat):
                piece._follow_with(_Merge(Cursor(piece), tally))
            else:
                tally.target._push(piece)

    @override
    def stop(self) -> None:
        super().stop()
        self._tally.open.discard(self)

    @override
    def finish(self, end: Completed | Failure) -> None:
        tally = self._tally
        if end is not COMPLETED:
            tally.target._finish(end)
        elif not tally.open:
            tally.target._complete()
