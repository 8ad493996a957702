"""Errors that nobody has observed: where they wait, and what becomes of them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Literal
from weakref import WeakSet

from miniagents.core.failure import Failure

UnobservedErrorPolicy = Literal["raise", "log"] | Callable[[BaseException, str], None]
"""What happens to an error that nobody has observed; a function gets the error and its agent trace."""

logger: logging.Logger = logging.getLogger("miniagents")


class Unobserved:
    """The failures of one context that somebody may still have to hear of.

    :param policy: ``"raise"`` (when the context closes), ``"log"``, or a function ``(error, agent_trace) -> None``.
    """

    def __init__(self, policy: UnobservedErrorPolicy) -> None:
        if policy not in ("raise", "log") and not callable(policy):
            raise ValueError(f"on_unobserved_error={policy!r}: it is 'raise', 'log' or a function (error, agent_trace)")
        self._policy = policy
        self._kept: list[Failure] = []
        self.carried: WeakSet[Failure] = WeakSet()  # those that streams carry, for as long as the streams exist

    def keep(self, failure: Failure, until_close: bool) -> None:
        """Take over a failure that no stream carries: until the context closes, or at once if there will be no end."""
        failure.observed = True
        if self._policy == "raise" and until_close:
            self._kept.append(failure)
        else:
            self.handle(failure)

    def handle(self, failure: Failure) -> None:
        """Make a failure known now."""
        if callable(self._policy):
            self._policy(failure.error, failure.trace)
        else:
            _log(failure)

    def handle_all(self) -> None:
        """Make all failures known now, without raising any."""
        for failure in self._take():
            self.handle(failure)

    def settle(self, body_error: BaseException | None) -> None:
        """Raise all failures, or make them known where they must not be raised.

        :param body_error: what the body of the context has raised; it leaves as itself, so nothing else is raised.
        :raises BaseExceptionGroup: of what nobody has observed. ``KeyboardInterrupt`` and ``SystemExit`` are raised as
            themselves.
        """
        failures = [failure for failure in self._take() if failure.error is not body_error]
        loud = [failure for failure in failures if not failure.muted]
        if body_error is not None or self._policy != "raise":
            loud = []
        exit_ = next((failure for failure in loud if isinstance(failure.error, KeyboardInterrupt | SystemExit)), None)
        if exit_ is not None:
            loud = [exit_]
        for failure in failures:
            if failure not in loud:
                self.handle(failure)
        if exit_ is not None:
            raise exit_.observe()
        if loud:
            raise BaseExceptionGroup("errors that nobody observed", [failure.observe() for failure in loud])

    def _take(self) -> list[Failure]:
        """All failures that are still unobserved, each error once; they count as observed from now on."""
        failures = [*self._kept, *(failure for failure in self.carried if not failure.observed)]
        self._kept.clear()
        for failure in failures:
            failure.observed = True
        return list({id(failure.error): failure for failure in failures}.values())


def _log(failure: Failure) -> None:
    error = failure.error
    where = f" in {failure.trace}" if failure.trace else ""
    exc_info = (type(error), error, failure.traceback)
    logger.error("an error that nobody observed%s: %r", where, error, exc_info=exc_info)


def log_left_behind(names: Iterable[str], grace_seconds: float) -> None:
    """Say who did not stop when told to."""
    left = ", ".join(sorted(names)) or "something"
    logger.error("%s did not stop within %s s of being cancelled and is left behind", left, grace_seconds)
