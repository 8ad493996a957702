"""``tokens``: the tokens of all messages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from reactivex import Observable
from typing_extensions import override

from miniagents.core.promise import StreamedPromise
from miniagents.messages import MessagePromise
from miniagents.messages.join import Forward, TokenPlace
from miniagents.operators.stage import as_sequence, follow, scope_of


class TokenStream(StreamedPromise[str, str]):
    """Tokens; the whole is the text."""

    __slots__ = ()

    @override
    def _make_whole(self) -> str:
        return "".join(self._pieces)


def tokens() -> Callable[[Observable[MessagePromise[Any]]], StreamedPromise[str, str]]:
    """Emit the tokens of all messages, one message after the other, each token as it comes. ::

        source  --A-------B---|
        A         -a1--a2|
        B                 b1-|
        tokens  ---a1--a2-b1--|

    ``await`` gives the text. The first error, of a message or of the source, ends it after the tokens so far.

    >>> from miniagents import MessageSequencePromise, MiniAgents
    >>> async def main() -> None:
    ...     print([token async for token in MessageSequencePromise(["one", "two"]).pipe(tokens())])
    >>> MiniAgents().run(main())
    ['one', 'two']
    """
    return _tokens


def _tokens(source: Observable[Any]) -> StreamedPromise[str, str]:
    sequence = as_sequence(source)
    target = TokenStream.__new__(TokenStream)
    target._open(scope_of(sequence))
    follow(sequence, target, lambda: Forward(TokenPlace(sequence._cursor()), target))
    return target
