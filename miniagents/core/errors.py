"""The errors of the library; everything else that is raised is the user's own or Python's."""

from __future__ import annotations

from collections.abc import Callable, Sequence


class AppenderNotOpenError(RuntimeError):
    """A piece was appended before the appender was opened by ``with appender:``."""


class AppenderClosedError(RuntimeError):
    """A piece was appended, or a reply or message sent, after its stream had ended."""


class NoActiveContextError(RuntimeError):
    """Something that runs in the background was asked for outside of an active ``MiniAgents`` (or ``Promising``)."""


class WrongActiveContextError(RuntimeError):
    """A promise of one event loop or context was used in another, or contexts were left in the wrong order."""


class PromiseCancelledError(Exception):
    """What consumers of a cancelled promise get, after the pieces that exist and after its producer has stopped.

    It is an ``Exception``: nobody mistakes it for the cancellation of their own task.

    :param message: what was cancelled, in words.
    :param partial: the pieces that had been emitted by then, or what finds them when they are asked for.
    """

    def __init__(
        self,
        message: str = "the promise was cancelled",
        partial: Sequence[object] | Callable[[], Sequence[object]] = (),
    ) -> None:
        super().__init__(message)
        self._partial = partial

    @property
    def partial(self) -> tuple[object, ...]:
        """The pieces that had been emitted: tokens of a message, message promises of a sequence."""
        return tuple(self._partial() if callable(self._partial) else self._partial)


class DeadlockError(RuntimeError):
    """Agents that wait for each other in a cycle, which nothing outside of it can break.

    :param message: the cycle in words.
    :param cycle: its members, one line each: who waits for what, and where.
    """

    def __init__(self, message: str, cycle: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.cycle: tuple[str, ...] = tuple(cycle)
