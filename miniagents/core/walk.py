"""One reader's way through streams of streams, and what it leaves behind where one of them has failed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from miniagents.core.errors import DeadlockError, PromiseCancelledError
from miniagents.core.failure import Failure
from miniagents.core.replay import COMPLETED, Completed, Replay

if TYPE_CHECKING:  # streams of streams are read by walking, so they stand above it
    from miniagents.core.flatten import Flat


class Aside(NamedTuple):
    """What came out of order: where, counted in leaves that came in order; when; and what."""

    after: int
    epoch: int
    flat: Flat[Any]


class _Level(NamedTuple):
    """Where a walk goes on when it comes back out of a link, or out of an aside: that counts for nothing outside."""

    flat: Flat[Any]
    at: int
    link: int
    base: int
    taken: int | None  # the count before an aside; None for a link
    sided: list[_Sided]


class _Sided:
    """A stream on the way of a walk that has asides: how many leaves were before it, how many asides are behind."""

    __slots__ = ("base", "flat", "spent")

    def __init__(self, flat: Flat[Any], base: int) -> None:
        self.flat = flat
        self.base = base
        self.spent = 0

    @property
    def has_next(self) -> bool:
        """Whether an aside is still to come."""
        return self.spent < len(self.flat._asides or ())

    @property
    def next(self) -> Aside:
        """The next aside, where there is one."""
        return (self.flat._asides or [])[self.spent]

    def order(self) -> tuple[int, int]:
        """Where, and then when, the next aside was put."""
        return self.base + self.next.after, self.next.epoch


class Walk:
    """One reader's way through a tree of streams: an explicit stack, so depth costs nothing and breaks nothing.

    It is a :class:`~miniagents.core.cursor.Place`. ``count`` is the number of leaves taken so far,
    without those of asides that are over.

    :param taken: how many leaves of ``root``, which come before any link, were taken already.
    :param as_kept: whether leaves are taken in the form in which their streams keep them.
    """

    __slots__ = (
        "_as_kept",
        "_base",
        "_epoch",
        "_flat",
        "_index",
        "_link",
        "_on_way",
        "_sided",
        "_stack",
        "blocked_on",
        "count",
        "end",
    )

    _base: int
    _index: int
    count: int
    is_up_to_date: bool = False  # that takes a look

    epoch: ClassVar[int] = 0  # grows with every aside anywhere; a walk then looks for those on its way

    def __init__(self, root: Flat[Any], taken: int = 0, *, as_kept: bool = False) -> None:
        self._as_kept = as_kept
        self._flat = root
        self._index = taken  # the next piece of the stream that the walk is in
        self._link = 0  # the next of its links
        self._base = 0  # how many leaves had been taken when the walk came into it
        self._stack: list[_Level] = []
        self._on_way: set[Flat[Any]] | None = None  # all that it is in, once that is more than one
        self._sided: list[_Sided] = []
        self._epoch = 0
        self.count = taken
        self.blocked_on: Replay[Any] = root
        self.end: Completed | Failure | None = None

    def take(self) -> Sequence[Any]:  # noqa: C901, PLR0915 - as above
        """The next leaves that stand together and are ready; empty if the walk is blocked or has ended."""
        while self.end is None:
            flat = self._flat
            pieces = flat._pieces
            index = self._index
            links = flat._links
            is_link = links is not None and self._link < len(links)
            stop = links[self._link] if links is not None and is_link else len(pieces)
            if self.epoch and (sided := self._next_aside()) is not None:
                left = sided.next.after + sided.base - self.count
                if left <= 0:
                    self._enter_aside(sided)
                    continue
                if index + left < stop:
                    stop = index + left
            if index < stop:
                self._index = stop
                self.count += stop - index
                return pieces[index:stop] if self._as_kept else flat._as_seen(index, stop)
            if is_link:
                self._index = stop + 1
                self._link += 1
                self._enter(pieces[stop], is_aside=False)
            elif flat._end is None:
                self.blocked_on = flat
                return ()
            elif isinstance(flat._end, Failure):
                if not self._fail(flat._end):
                    return ()
            else:
                self._leave()
        return ()

    def _fail(self, failure: Failure) -> bool:
        """End with ``failure``; or, where it came about because a call around it was stopped, with that cancellation.

        Whoever hears of a cancellation finds everything stopped: the part may have ended before the whole. A call that
        had ended by itself when it was stopped keeps its end; that stands behind its parts, so it is not told here.
        """
        if isinstance(failure.error, PromiseCancelledError):
            for level in self._stack:
                flat = level.flat
                if flat._producer is not None and flat._producer.cancelled:
                    if (running := flat._producer.open_output()) is not None:
                        self.blocked_on = running
                        return False
                    if isinstance(flat._end, Failure) and isinstance(flat._end.error, PromiseCancelledError):
                        failure = flat._end
                        break
        self.end = failure
        return True

    def _enter(self, inner: Flat[Any], *, is_aside: bool) -> None:
        if self._on_way is None:
            self._on_way = {self._flat}
        if inner in self._on_way:
            self.end = _contains_itself(inner)
            return
        if inner._dormant is not None:
            inner._rouse()
        taken = self.count if is_aside else None
        self._stack.append(_Level(self._flat, self._index, self._link, self._base, taken, self._sided))
        if is_aside:
            self._sided = []  # asides outside of it have to wait until it is over
        self._on_way.add(inner)
        if inner._asides:
            self._sided.append(_Sided(inner, self.count))
        self._flat = inner
        self._index = self._link = 0
        self._base = self.count

    def _leave(self) -> None:
        if not self._stack:
            self.end = COMPLETED
            return
        left = self._flat
        if self._on_way is not None:
            self._on_way.discard(left)
        if self._sided and self._sided[-1].flat is left:
            self._sided.pop()
        self._flat, self._index, self._link, self._base, taken, sided = self._stack.pop()
        if taken is not None:
            self.count = taken
            self._sided = sided
            self._epoch = 0  # there may be others by now

    def _next_aside(self) -> _Sided | None:
        """The stream on the way whose aside comes next; of two at the same place, the one that was put there first."""
        if self._epoch != Walk.epoch:
            self._epoch = Walk.epoch
            self._look_for_asides()
        return min((sided for sided in self._sided if sided.has_next), key=_Sided.order, default=None)

    def _look_for_asides(self) -> None:
        known = {sided.flat: sided for sided in self._sided}
        way = [(self._flat, self._base)]
        for level in reversed(self._stack):
            if level.taken is not None:
                break
            way.append((level.flat, level.base))
        self._sided = [known.get(flat) or _Sided(flat, base) for flat, base in reversed(way) if flat._asides]

    def _enter_aside(self, sided: _Sided) -> None:
        aside = sided.next
        sided.spent += 1
        self._enter(aside.flat, is_aside=True)

    @property
    def place(self) -> int:
        """``count`` where the walk is not inside of an aside, and else what it will be behind that."""
        return next((level.taken for level in self._stack if level.taken is not None), self.count)

    def rest(self) -> list[Replay[Any]]:
        """What stands behind the place where the walk is, as far as it is known."""
        levels = [(level.flat, level.at) for level in self._stack]
        levels.append((self._flat, self._index))
        return [piece for flat, index in levels for piece in flat._pieces[index:]]

    def conclude(self) -> None:
        """Return at the end; raise where it is a failure, which is then observed, and so is of no further interest.

        Errors behind it in the same sequence are logged, but no longer raised when the context closes.
        """
        if isinstance(self.end, Failure):
            self.mute_rest()
            raise self.end.observe()

    def mute_rest(self) -> None:
        """Let errors behind the place where the walk is be logged, and not raised."""
        mute(self.rest(), [level.flat for level in self._stack])


def leaves(pieces: Iterable[Replay[Any]]) -> tuple[Replay[Any], ...]:
    """All leaves among ``pieces`` and in what they link to, as far as they are there, in declared order."""
    found: list[Replay[Any]] = []
    todo: list[Iterator[Any]] = [iter(pieces)]
    while todo:
        for piece in todo[-1]:
            if piece._is_nested:
                todo.append(iter(piece._as_seen(0, len(piece._pieces))))
                break
            found.append(piece)
        else:
            todo.pop()
    return tuple(found)


def mute(streams: Iterable[Any], growing: Iterable[Flat[Any]] = ()) -> None:
    """Let failures of ``streams`` and of what they link to, now or later, be logged and not raised.

    :param growing: streams of which only what is yet to come is meant.
    """
    for flat in growing:
        _mute_one(flat)
    todo = list(streams)
    while todo:
        stream = todo.pop()
        if _mute_one(stream) and stream._is_nested:
            todo.extend(stream._pieces)


def _mute_one(stream: Replay[Any]) -> bool:
    """Whether that is news."""
    scope = stream._scope
    if scope is None or stream in scope.muted:
        return False
    scope.mutes = True
    scope.muted.add(stream)
    if isinstance(stream._end, Failure):
        stream._end.muted = True
    return True


def _contains_itself(flat: Flat[Any]) -> Failure:
    """Where every walk ends that comes back to ``flat``; the same for all of them."""
    known: dict[str, Any] = vars(flat)  # hardly any stream has something there: no slot is due
    if "self_contained" not in known:
        name = "a sequence" if flat._producer is None else flat._producer.trace()
        error = DeadlockError(
            f"{name} contains itself: its members are, directly or through others, its own, so it can never end",
            (name, name),
        )
        known["self_contained"] = Failure(error, flat._producer)
    failure: Failure = known["self_contained"]
    return failure
