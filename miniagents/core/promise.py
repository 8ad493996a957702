"""A value and a stream that are made in the background, once, and can be read any number of times."""

from __future__ import annotations

import enum
from asyncio import iscoroutine
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Coroutine, Generator, Iterable
from inspect import isawaitable
from typing import Any, Final, Generic, Literal, TypeVar

from typing_extensions import TypeVar as TypeVarWithDefault
from typing_extensions import override

from miniagents.core.failure import Failure
from miniagents.core.producer import CURRENT, Producer
from miniagents.core.pump import produce, pump
from miniagents.core.replay import COMPLETED, Replay
from miniagents.core.scope import Scope, current_producer


class NoValue(enum.Enum):
    """The type of :data:`NO_VALUE`."""

    NO_VALUE = "NO_VALUE"


NO_VALUE: Final = NoValue.NO_VALUE
"""Says that a value was not given, where ``None`` is a value like any other."""

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
Piece = TypeVar("Piece", covariant=True)
Whole = TypeVarWithDefault("Whole", covariant=True, default=Any)


def active_scope() -> Scope | None:
    """The scope that is active here, if any: what needs no background work needs no scope."""
    producer = CURRENT.get(None)
    return None if producer is None or producer.scope.closed else producer.scope


class Feeder:
    """Something that fills streams from outside of the tree of producers."""

    __slots__ = ()

    def feed(self, target: Replay[Any]) -> None:
        """Push into ``target`` all that there is and all that comes, and end it at the end."""
        raise NotImplementedError


class Promise(Replay[T_co]):
    """A value that is resolved once, in the background; as an observable, it emits that value.

    ``await`` gives the value, or raises the error of the resolver, any number of times.

    :param resolver: ``async (promise) -> value``; runs at most once.
    :param prefill_result: the value, if it is known already; then no context is needed.
    :param start_asap: ``False`` runs the resolver at the first look at the promise; by default as the context says.
    :raises NoActiveContextError: where there is a resolver and no active context to run it in.
    """

    __slots__ = ()

    def __init__(
        self,
        *,
        resolver: Callable[[Any], Awaitable[T_co]] | None = None,
        prefill_result: T_co | Literal[NoValue.NO_VALUE] = NO_VALUE,
        start_asap: bool | None = None,
    ) -> None:
        if (resolver is None) == (prefill_result is NO_VALUE):
            raise TypeError("a Promise takes either `resolver=` (async (promise) -> value) or `prefill_result=`")
        if resolver is None:
            super().__init__(active_scope())
            self._push(prefill_result)
            self._complete()
            return
        parent = _parent_for(resolver, "resolver", "async (promise) -> value")
        scope = parent.scope
        super().__init__(scope)
        eager = scope.start_asap if start_asap is None else start_asap
        produce(self, scope, parent, _name_of(resolver, "resolver"), eager, self._resolve, resolver)

    async def _resolve(self, resolver: Callable[[Any], Awaitable[T_co]]) -> None:
        self._push(await _awaitable(resolver(self), resolver))

    @override
    def _tell_whole(self, scope: Scope) -> None:
        scope.resolved(self, self._pieces[0])

    @override
    def _conclude(self, error: BaseException | None, producer: Producer) -> None:
        if error is None and not self._pieces:
            error = RuntimeError(f"{producer.label} ended without a value")
        super()._conclude(error, producer)

    @override
    def __await__(self) -> Generator[Any, None, T_co]:
        if self._end is not COMPLETED:
            yield from self._until_ended().__await__()
        value: T_co = self._pieces[0]
        return value


class StreamedPromise(Replay[Piece], Generic[Piece, Whole]):
    """A stream of pieces that is made in the background, and the whole that they add up to.

    As an observable it emits the pieces. ``await`` means *the whole*, not the last item as elsewhere in Rx.

    :param streamer: ``(promise) -> AsyncIterator[piece]``, often an async generator function, or a ``StreamAppender``;
        runs at most once.
    :param prefill_pieces: the pieces, if they are known already.
    :param resolver: ``async (promise) -> whole``; runs at most once. Without one the whole is the tuple of all pieces.
    :param prefill_result: the whole, if it is known already.
    :param start_asap: ``False`` starts streamer and resolver at the first look; by default as the context says.
    :raises NoActiveContextError: where something must run and no context is active.
    """

    __slots__ = ("_whole",)

    _whole: Any  # the whole, the `_Whole` that a resolver makes, or NO_VALUE

    def __init__(
        self,
        *,
        streamer: Callable[[Any], AsyncIterator[Piece]] | Feeder | None = None,
        prefill_pieces: Iterable[Piece] | Literal[NoValue.NO_VALUE] = NO_VALUE,
        resolver: Callable[[Any], Awaitable[Whole]] | None = None,
        prefill_result: Whole | Literal[NoValue.NO_VALUE] = NO_VALUE,
        start_asap: bool | None = None,
    ) -> None:
        if (streamer is None) == (prefill_pieces is NO_VALUE):
            raise TypeError(
                "a StreamedPromise takes either `streamer=` ((promise) -> async iterator) or `prefill_pieces=`"
            )
        if resolver is not None and prefill_result is not NO_VALUE:
            raise TypeError("a StreamedPromise takes `resolver=` or `prefill_result=`, not both")
        self._open(active_scope())
        self._whole = prefill_result
        if prefill_pieces is not NO_VALUE:
            self._pieces.extend(prefill_pieces)
            self._complete()
        elif isinstance(streamer, Feeder):
            self._scope = current_producer().scope
            self._scope.sources.add(self)
            streamer.feed(self)
        elif streamer is not None:
            self._stream_from(streamer, start_asap)
        if resolver is not None:
            self._whole = _Whole(self, resolver, start_asap)

    def _open(self, scope: Scope | None, producer: Producer | None = None) -> None:
        Replay.__init__(self, scope, producer)
        self._whole = NO_VALUE

    def _stream_from(self, streamer: Callable[[Any], AsyncIterator[Piece]], start_asap: bool | None) -> None:
        parent = _parent_for(streamer, "streamer", "(promise) -> async iterator")
        scope = self._scope = parent.scope
        eager = scope.start_asap if start_asap is None else start_asap
        produce(self, scope, parent, _name_of(streamer, "streamer"), eager, self._stream, streamer)

    async def _stream(self, streamer: Callable[[Any], AsyncIterator[Piece]]) -> None:
        await pump(async_iterable(streamer(self), streamer), self)

    def _make_whole(self) -> Any:
        """The whole of a completed stream that has no resolver."""
        return tuple(self._pieces)

    @override
    def _tell_whole(self, scope: Scope) -> None:
        if self._whole is NO_VALUE:
            scope.resolved(self, self._make_whole())

    async def _wait_for_whole(self) -> None:
        """Return once ``_whole`` is the whole."""
        if isinstance(self._whole, _Whole):
            self._whole = await self._whole
        else:
            await self._until_ended()
            if self._whole is NO_VALUE:
                self._whole = self._make_whole()

    @override
    def __await__(  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]  # it means the whole
        self,
    ) -> Generator[Any, None, Whole]:
        found = self._whole
        if found is NO_VALUE or isinstance(found, _Whole):
            yield from self._wait_for_whole().__await__()
            found = self._whole
        whole: Whole = found
        return whole

    @override
    def cancel(self) -> bool:
        whole = self._whole
        stopped = whole.cancel() if isinstance(whole, _Whole) else False
        return super().cancel() or stopped


class _Whole(Promise[Any]):
    """What a resolver makes of a stream. An error that it hands through stays the one that the stream carries."""

    __slots__ = ("_owner",)

    def __init__(
        self, owner: StreamedPromise[Any, Any], resolver: Callable[[Any], Awaitable[Any]], start_asap: bool | None
    ) -> None:
        self._owner = owner
        super().__init__(resolver=resolver, start_asap=start_asap)

    @override
    async def _resolve(self, resolver: Callable[[Any], Awaitable[Any]]) -> None:
        owner = self._owner
        try:
            self._push(await _awaitable(resolver(owner), resolver))
        except BaseException as error:
            end = owner._end
            if isinstance(end, Failure) and end.error is error:
                end.unobserve()
                self._finish(end)
                return
            raise

    @override
    def _tell_whole(self, scope: Scope) -> None:
        scope.resolved(self._owner, self._pieces[0])


def async_iterable(made: AsyncIterable[T] | Coroutine[Any, Any, object], by: object) -> AsyncIterable[T]:
    """``made``, if it can be iterated by ``async for``.

    :raises TypeError: otherwise; it names ``by``, the function that made it, and the right spelling.
    """
    if isinstance(made, AsyncIterable):
        return made
    if iscoroutine(made):
        made.close()
    raise TypeError(
        f"{_name_of(by, 'streamer')}() gave {made!r}, which is no async iterator: write it as "
        "`async def streamer(...)` with `yield` inside"
    )


def _awaitable(made: Awaitable[T_co], by: object) -> Awaitable[T_co]:
    if isawaitable(made):
        return made
    raise TypeError(f"{_name_of(by, 'resolver')}() gave {made!r}, which cannot be awaited: write it as `async def`")


def _parent_for(function: object, role: str, shape: str) -> Producer:
    if not callable(function):
        raise TypeError(f"{role}={function!r} is not callable: it must be {shape}")
    return current_producer()


def _name_of(function: object, otherwise: str) -> str:
    name = getattr(function, "__qualname__", otherwise)
    return str(name).rpartition("<locals>.")[2]
