"""What can stand for messages, and how each of it becomes promises of messages or links to sequences of them."""

from __future__ import annotations

from collections.abc import AsyncIterable, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from reprlib import repr as shortened
from typing import Any, Protocol
from weakref import ref

from pydantic import BaseModel
from reactivex import Observable

from miniagents.core.bridge import follow_observable
from miniagents.core.flatten import Flat
from miniagents.core.pump import feed, produce
from miniagents.core.scope import Scope, current_producer
from miniagents.messages.message import Message, message_of_text
from miniagents.messages.promise import MessagePromise, promise_of_message


class Target(Protocol):
    """What messages are taken into: it knows their class and scope, and can make streams like itself."""

    _message_class: type[Any]

    @property
    def _scope(self) -> Scope | None: ...

    def _inner(self) -> Any: ...


def parts_of(item: Any, target: Target) -> Sequence[Any]:
    """The messages, promises of messages and links that ``item`` comes to. Containers are read here and now.

    :raises TypeError: where something in ``item`` cannot stand for a message.
    """
    convert = _CONVERSIONS.get(item.__class__)
    if convert is not None and convert is not _container:
        return (convert(target, item),)
    parts: list[Any] = []
    todo: list[Iterator[Any]] = [iter((item,))]
    while todo:
        for inner in todo[-1]:
            convert = _CONVERSIONS.get(inner.__class__) or _conversion_for(inner)
            if convert is _container:
                todo.append(iter(inner))
                break
            parts.append(convert(target, inner))
        else:
            todo.pop()
    return parts


_Conversion = Callable[[Target, Any], Any]


def _text(target: Target, text: str) -> Any:
    kind = target._message_class
    return _leaf(target, message_of_text(text) if kind is Message else kind(text))


def _leaf(target: Target, message: Message) -> Any:
    """What ``target`` keeps of a message that is there: itself, or where somebody is to hear of it its promise."""
    scope = target._scope
    return promise_of_message(message, scope) if scope is not None and scope.watched else message


def _message(target: Target, message: Message) -> Any:
    wanted = target._message_class
    if wanted is not Message and not isinstance(message, wanted):
        raise _wrong_class(message, type(message), wanted)
    return _leaf(target, message)


def _promise(target: Target, promise: MessagePromise[Any]) -> MessagePromise[Any]:
    wanted = target._message_class
    if wanted is not Message and not issubclass(promise._message_class, wanted):
        raise _wrong_class(promise, promise._message_class, wanted)
    return promise


def _itself(_: Target, sequence: Any) -> Any:
    return sequence


def _fields(target: Target, fields: Mapping[str, Any]) -> Any:
    return _leaf(target, target._message_class(**fields))


def _model(target: Target, model: BaseModel) -> Any:
    return _fields(target, dict(model))


def _error(target: Target, error: BaseException) -> Any:
    inner = target._inner()
    inner._fail(error, current_producer())
    return inner


def _observable(target: Target, source: Observable[Any]) -> Any:
    inner = target._inner()
    follow_observable(source, inner, inner._take_in)
    return inner


def _async_iterable(target: Target, source: AsyncIterable[Any]) -> Any:
    return _background(target, source, _take_all)


def _awaitable(target: Target, source: Awaitable[Any]) -> Any:
    return _background(target, source, _take_result)


def _background(target: Target, source: object, work: Callable[[Any, Any], Awaitable[None]]) -> Any:
    inner = target._inner()
    parent = current_producer()
    name = getattr(source, "__name__", type(source).__name__)
    # by weak reference: a stream that is dropped before the first look at it is gone at once, and its source with it
    produce(inner, parent.scope, parent, name, parent.scope.start_asap, work, source, ref(inner))
    return inner


async def _take_all(source: AsyncIterable[Any], target: Callable[[], Any]) -> None:
    await feed(source, target()._take_in)


async def _take_result(source: Awaitable[Any], target: Callable[[], Any]) -> None:
    target()._take_in(await source)


def _container(_: Target, container: Iterable[Any]) -> Any:
    raise NotImplementedError("containers are taken apart by `parts_of`")


_CONVERSIONS: dict[type, _Conversion] = {}
_KINDS: tuple[tuple[type, _Conversion], ...] = (
    (str, _text),
    (Message, _message),
    (MessagePromise, _promise),
    (Flat, _itself),
    (Observable, _observable),
    (BaseException, _error),
    (Mapping, _fields),
    (BaseModel, _model),
    (AsyncIterable, _async_iterable),
    (Awaitable, _awaitable),
    (Iterable, _container),
)


def _conversion_for(item: object) -> _Conversion:
    """How ``item`` is taken in; found out once for each class.

    :raises TypeError: if they cannot be.
    """
    kind = item.__class__
    if not issubclass(kind, bytes | bytearray | memoryview):
        for base, conversion in _KINDS:
            if issubclass(kind, base):
                _CONVERSIONS[kind] = conversion
                return conversion
    raise TypeError(
        f"{shortened(item)}, of type {kind.__name__}, cannot stand for a message: give str, dict, Message, promises of "
        "messages or sequences, exceptions, or lists, async iterables, awaitables or observables of these"
        + (" (decode bytes first)" if issubclass(kind, bytes | bytearray | memoryview) else "")
    )


def _wrong_class(what: object, given: type, wanted: type) -> TypeError:
    return TypeError(f"{shortened(what)} is a {given.__name__}, where a {wanted.__name__} belongs")
