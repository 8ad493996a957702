"""``errors_as_messages``: errors as part of the conversation."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from reactivex import Observable
from typing_extensions import override

from miniagents.core.failure import Failure
from miniagents.core.replay import COMPLETED, Completed
from miniagents.messages import Message, MessagePromise, MessageSequencePromise
from miniagents.messages.promise import open_promise, promise_of_message
from miniagents.operators.map_tokens import TokenMap
from miniagents.operators.stage import follow, per_message, scope_of


def errors_as_messages() -> Callable[[Observable[MessagePromise[Any]]], MessageSequencePromise[Message]]:
    r"""Emit the same messages, with errors as text: at the end of a message that fails, or as a last message. ::

        source              --A-------------B--X
        A                     -"a"-X
        errors_as_messages  --A-------------B--"X: ..."|
        A                     -"a"-"\nX: ..."|

    Tokens that came before an error are kept, and the message has the fields ``is_error=True`` and ``error_type``.
    (``KeyboardInterrupt`` and its like are no ``Exception``: they remain what they are.)

    >>> from miniagents import MessageSequencePromise, MiniAgents
    >>> async def main() -> None:
    ...     told = MessageSequencePromise(["a", ValueError("no b")]).pipe(errors_as_messages())
    ...     print([str(message) for message in await told])
    >>> MiniAgents().run(main())
    ['a', 'ValueError: no b']
    """
    return partial(per_message, make=_told, at_failure=_message_of)


def _told(promise: MessagePromise[Any]) -> MessagePromise[Any]:
    if promise._end is COMPLETED:
        return promise
    target: MessagePromise[Any] = open_promise(promise._message_class, {}, scope_of(promise))
    target._preliminary = None
    target._metadata = promise._metadata_now()
    follow(promise, target, lambda: _Told(promise, target, str))
    return target


class _Told(TokenMap):
    __slots__ = ()

    @override
    def finish(self, end: Completed | Failure) -> None:
        if isinstance(end, Failure) and isinstance(end.error, Exception):
            target = self._target
            error = end.observe()
            target._push(f"\n{_text(error)}" if target._pieces else _text(error))
            target._message_class = Message  # fields that its own class requires may be missing
            target._metadata = {**self._message_promise._metadata_now(), **_fields(error)}
            end = COMPLETED
            target._complete()
            return
        super().finish(end)


def _message_of(failure: Failure) -> Any:
    error = failure.observe()
    return promise_of_message(Message(_text(error), **_fields(error)), failure.scope)


def _text(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


def _fields(error: BaseException) -> dict[str, Any]:
    return {"is_error": True, "error_type": type(error).__name__}
