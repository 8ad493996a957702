"""How many bytes a provider may send for one request; a body that goes on behind them is cut off there."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import aclosing, contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any, Final, Protocol

REFUSAL_BYTES: Final = 64 * 1024
"""How much is read of a refusal, an answer with a status from 400 on; it stays the refusal that it is."""

Read = Callable[..., AsyncGenerator[bytes, None]]


class Response(Protocol):
    """A response of an HTTP client, whose body has not been read."""

    aiter_bytes: Read
    is_error: bool
    """Whether it is a refusal."""


class Allowance:
    """The bytes that may be read of the answer to one request, decompressed.

    The body is cut off, and does not fail: to an SDK a body that fails is a lost connection, and it would ask again.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._left = max_bytes
        self._is_spent = False

    @contextmanager
    def applied(self, explain: Callable[[], Exception]) -> Generator[None]:
        """Hold for the requests that are made in the block.

        :param explain: makes the error that stands for what an SDK says of a body that was cut off.
        """
        _current.set(self)  # and not reset: a generator may be closed in another context than it ran in
        try:
            yield
        except Exception as error:
            if self._is_spent:
                raise explain() from error
            raise

    def renew(self) -> None:
        """Count from here on."""
        self._left = self._max_bytes

    def limit(self, response: Response) -> None:
        """Cut off the body of ``response``, whoever reads it; what earlier responses sent does not count."""
        self.renew()
        self._is_spent = False
        response.aiter_bytes = partial(self._within, response.aiter_bytes)

    async def _within(self, read: Read, *args: Any) -> AsyncGenerator[bytes, None]:
        async with aclosing(read(*args)) as pieces:
            async for piece in pieces:
                self._left -= len(piece)
                if self._left < 0:
                    self._is_spent = True
                    return
                yield piece


_current: ContextVar[Allowance] = ContextVar("_current")


async def limit_body(response: Response) -> None:
    """Apply the allowance of whoever asked; an event hook of HTTP clients."""
    allowance = Allowance(REFUSAL_BYTES) if response.is_error else _current.get(None)
    if allowance is not None:
        allowance.limit(response)
