"""Streams of streams, read as one: the only flattener there is."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Sequence
from functools import partial
from typing import Any, ClassVar, Final, Generic, TypeVar

from typing_extensions import override

from miniagents.core.cursor import Place
from miniagents.core.errors import AppenderClosedError, PromiseCancelledError
from miniagents.core.failure import Failure
from miniagents.core.producer import Producer
from miniagents.core.promise import NO_VALUE, StreamedPromise, Whole
from miniagents.core.replay import COMPLETED, Replay
from miniagents.core.scope import Scope
from miniagents.core.walk import Aside, Walk, leaves

Leaf = TypeVar("Leaf", covariant=True)

COPIED: Final = 4
"""The length up to which a stream that is complete and has no links is copied where it would be linked."""


class Flat(StreamedPromise[Leaf, Whole], Generic[Leaf, Whole]):
    """A stream of leaves that holds some of them by reference: a *link* stands for all members of another such stream.

    Linking an untouched stream costs one append, whatever its length. Consumers see only leaves, in declared order:
    depth first, a link's members where the link stands. Where a linked stream fails, this one ends with its error.
    """

    __slots__ = ("_asides", "_front", "_links")

    _is_nested: ClassVar[bool] = True

    @override
    def _open(self, scope: Scope | None, producer: Producer | None = None) -> None:
        Replay.__init__(self, scope, producer)  # not by way of `super()`: two sequences are made for every call
        self._whole = NO_VALUE
        self._links: list[int] | None = None  # where the links stand among the pieces
        self._asides: list[Aside] | None = None  # what came out of order
        self._front: Walk | None = None  # where a reader of all that is available stands; only once asides exist

    @property
    @override
    def _is_at_rest(self) -> bool:
        return super()._is_at_rest and (self._links is None or self._scope is None or self._scope.closed)

    @override
    def _cancelled(self, name: str) -> PromiseCancelledError:
        seen = self._as_seen(0, len(self._pieces))  # not the stream itself, which is to hold this error
        return PromiseCancelledError(f"{name} was cancelled", partial(leaves, seen))

    def _extend(self, parts: Iterable[Any]) -> None:
        """Let ``parts`` come next: leaves as they are, and a link for each stream of leaves.

        A few leaves that are all there are of a stream are copied instead, which is cheaper to read.
        """
        pieces = self._pieces
        for part in parts:
            if not part._is_nested:
                pieces.append(part)
            elif part._end is COMPLETED and part._links is None and len(part._pieces) <= COPIED and not part._asides:
                pieces += part._as_seen(0, len(part._pieces))
            else:
                if self._links is None:
                    self._links = []
                self._links.append(len(pieces))
                pieces.append(part)
        if self._alert:
            self._notify()

    def _as_seen(self, start: int, stop: int) -> Sequence[Any]:
        """The pieces from ``start`` to ``stop``, as consumers see them; a hook for streams that keep them otherwise."""
        return self._pieces[start:stop]

    def _put_aside(self, other: Flat[Leaf, Any]) -> None:
        """Let the members of ``other`` come right after what is available now, at the same place for every reader."""
        if self._front is None:
            self._front = Walk(self)
        front = self._front
        while front.take():
            pass
        if front.end is not None:
            raise AppenderClosedError("this sequence has ended: nothing can be added to it")
        if self._asides is None:
            self._asides = []
        Walk.epoch += 1
        self._asides.append(Aside(front.place, Walk.epoch, other))
        front.blocked_on._notify()

    @override
    def _observed(self, end: Failure, place: Place) -> BaseException:
        if isinstance(place, Walk):
            place.mute_rest()
        return super()._observed(end, place)

    @override
    def _cursor(self) -> Walk:
        return Walk(self)

    @override
    async def _read(self) -> AsyncGenerator[Any, None]:  # noqa: C901 - a hot loop: calls would cost more than they say
        yield None  # taken by `untracked`
        pieces = self._pieces
        seen = 0
        while self._links is None and self._asides is None:  # as long as it is a plain stream, read it as one
            count = len(pieces)
            if seen < count:
                for piece in self._as_seen(seen, count):
                    yield piece
                seen = count
            elif self._end is not None:
                self._observe_end()
                return
            else:
                await self._changed()
        walk = Walk(self, seen)
        while True:
            batch = walk.take()
            if batch:
                for piece in batch:
                    yield piece
            elif walk.end is not None:
                walk.conclude()
                return
            else:
                await walk.blocked_on._changed()

    @override
    async def _read_batches(self, observe: bool) -> AsyncGenerator[tuple[Leaf, ...], None]:
        yield ()  # taken by `untracked`
        walk = Walk(self)
        while True:
            batch = walk.take()
            if batch:
                yield tuple(batch)
            elif walk.end is not None:
                if observe:
                    walk.conclude()
                return
            else:
                await walk.blocked_on._changed()

    @override
    async def _until_ended(self) -> None:
        async for _ in self.batches():
            pass

    @override
    async def settled(self) -> BaseException | None:
        if self._dormant is not None:
            self._rouse()
        walk = Walk(self)
        while walk.end is None:
            if not walk.take() and walk.end is None:
                await walk.blocked_on._changed()
        return walk.end.error if isinstance(walk.end, Failure) else None
