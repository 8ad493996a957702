"""How a failed stream ends: with an error, at the place it came from, seen by somebody or not yet."""

from __future__ import annotations

from pathlib import Path
from types import FrameType, TracebackType

from miniagents.core.producer import Producer
from miniagents.core.scope import Scope

_PACKAGE = Path(__file__).resolve().parent.parent
_KNOWN = "__miniagents_traceback__"
_OUR_FILES = tuple(f"{_PACKAGE / layer}/" for layer in ("core", "messages", "operators", "agents"))


def is_frame_of_user(frame: FrameType) -> bool:
    """Whether ``frame`` runs code of this library's user (or of its pre-packaged agents)."""
    return not frame.f_code.co_filename.startswith(_OUR_FILES)


def frames_of_user(error: BaseException) -> TracebackType | None:
    """The traceback of ``error`` without the frames of this library, which tell its user nothing.

    An error that goes from agent to agent keeps at its end what was found here before, so each frame is looked at once.
    """
    traceback = error.__traceback__
    known: TracebackType | None = vars(error).get(_KNOWN)
    kept: list[TracebackType] = []
    while traceback is not None and traceback is not known:
        if is_frame_of_user(traceback.tb_frame):
            kept.append(traceback)
        traceback = traceback.tb_next
    result = traceback
    for entry in reversed(kept):
        result = TracebackType(result, entry.tb_frame, entry.tb_lasti, entry.tb_lineno)
    vars(error)[_KNOWN] = result
    return result


class Failure:
    """The failed end of one stream and of all streams that forward it.

    Whoever observes it spends it for all of them. One that is never observed is reported when the last of those streams
    is dropped, or else when the context closes.

    :param error: what is raised, the same object for every consumer.
    :param producer: who died of it.
    :param quiet: nobody needs to observe it.
    :param trace: the agent trace, where there is no producer to ask.
    """

    __slots__ = ("__weakref__", "_producer", "_trace", "error", "muted", "observed", "scope", "traceback")

    def __init__(
        self, error: BaseException, producer: Producer | None, *, quiet: bool = False, trace: str = ""
    ) -> None:
        if isinstance(error, StopIteration | StopAsyncIteration):  # neither can pass through a coroutine as itself
            wrapped = RuntimeError(f"the producer of a stream raised {type(error).__name__}")
            wrapped.__cause__ = error
            error = wrapped
        self.error: BaseException = error
        self.traceback: TracebackType | None = frames_of_user(error)
        self._trace: str = trace
        self._producer = producer
        if not quiet and not hasattr(error, "__notes__") and self.trace:
            error.add_note(f"agent trace: {self.trace}")
        self.scope: Scope | None = None if producer is None else producer.scope
        self.observed: bool = quiet
        self.muted: bool = False  # to be logged, not raised: it stands behind an observed failure
        if self.scope is not None and not quiet:
            self.scope.carry(self)

    @property
    def trace(self) -> str:
        """The agent trace of where it came from; empty for what no agent has done."""
        return self._trace if self._producer is None else self._producer.trace()

    def observe(self) -> BaseException:
        """The error, ready to be raised once more with a traceback that does not grow."""
        self.observed = True
        return self.error.with_traceback(self.traceback)

    def unobserve(self) -> None:
        """Take an observation back: the observer hands the error on within the same promise."""
        self.observed = False
        if self.scope is not None:
            self.scope.carry(self)

    def __del__(self) -> None:
        if not self.observed and self.scope is not None and not self.scope.closed:
            self.observed = True
            self.scope.report_dropped(self.error, self.trace)
