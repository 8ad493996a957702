"""What all that is made in one context shares, and which context that is."""

from __future__ import annotations

import asyncio
import sys
from asyncio import AbstractEventLoop, CancelledError, Future, Task, current_task
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, ClassVar
from weakref import WeakKeyDictionary, WeakSet

from miniagents.core.errors import DeadlockError, NoActiveContextError, WrongActiveContextError
from miniagents.core.producer import CURRENT, Producer
from miniagents.core.trampoline import Trampoline

if TYPE_CHECKING:  # the ladder goes the other way; only names of types are needed here
    from miniagents.core.failure import Failure


Verdicts = dict[Task[Any], tuple[Any, DeadlockError]]
"""Tasks that wait in a cycle, each with the stream that it is to stop waiting for, and the error to do so with."""


class Scope:
    """What all producers of one activated context share: its loop, its root, and who must hear of what.

    :param start_asap: whether promises start in the background by themselves unless told otherwise.
    """

    grace_seconds: ClassVar[float] = 5.0
    """How long cancelled agents may take for their cleanup before they are named in the log and left behind."""

    def __init__(self, *, start_asap: bool = True) -> None:
        self.start_asap: bool = start_asap
        self.closed: bool = False
        self.watched: bool = False  # somebody wants to hear of what is resolved
        self.outer: Scope | None = None
        self.loop: AbstractEventLoop
        self.root: Producer
        self.trampoline: Trampoline = Trampoline()
        self.mutes = False  # whether there ever was one of the following
        self.muted: WeakSet[Any] = WeakSet()  # streams behind an observed failure: theirs are only logged
        self.sources: WeakSet[Any] = WeakSet()  # open streams that something outside of the tree feeds
        self.waiting: set[Any] = set()  # open streams that somebody has waited for
        self.joins: dict[Producer, Future[None]] = {}  # who is waited for until it is gone
        self.verdicts: Verdicts = {}

    def carry(self, failure: Failure) -> None:
        """A stream has failed, and nobody has observed it yet."""
        raise NotImplementedError

    def report(self, error: BaseException, trace: str) -> None:
        """Make known an error that no stream carries."""
        raise NotImplementedError

    def report_dropped(self, error: BaseException, trace: str) -> None:
        """Make known an error whose last stream was dropped; may be called from anywhere."""
        raise NotImplementedError

    def idle(self) -> None:
        """The root has no child left."""
        raise NotImplementedError

    def left_behind(self, node: Producer) -> None:
        """Make known who of ``node``, and of what was started inside it, has not stopped in time."""
        raise NotImplementedError

    async def wait_out(
        self,
        is_over: Callable[[], bool],
        wait: Callable[[float | None], Awaitable[object]],
        reason: BaseException | None,
    ) -> BaseException | None:
        """Wait for the end of what is being stopped, however often one is cancelled meanwhile: an anyio scope does so
        in every turn of the loop. Who leaves by an error, or is cancelled, waits for no longer than the time of grace.

        :param wait: waits for something to change, at most for so many seconds.
        :param reason: the error that one leaves by, if any.
        :return: the error to leave by after that: ``reason``, or a cancellation on top of one that was none.
        """
        end = None if reason is None else self.loop.time() + self.grace_seconds
        while not is_over():
            left = None if end is None else end - self.loop.time()
            if left is not None and left <= 0:
                break
            try:
                await wait(left)
            except CancelledError as cancelled:
                if not isinstance(reason, CancelledError):
                    reason = cancelled
                if end is None:
                    end = self.loop.time() + self.grace_seconds
        return reason

    def too_late(self, label: str) -> Exception:
        """What a promise ends with that had not been resolved when its context closed."""
        return NoActiveContextError(f"{label}: its context closed before it was resolved")

    def resolved(self, promise: Any, result: Any) -> None:
        """A promise has got its whole value; called only while ``watched``."""
        raise NotImplementedError

    def called(self, agent: Any, request: Any, reply: Any, params: dict[str, Any]) -> None:
        """An agent has been called; called only while ``watched``."""
        if self.outer is not None and self.outer.watched and not self.outer.closed:
            self.outer.called(agent, request, reply, params)


ACTIVATED: WeakKeyDictionary[AbstractEventLoop, list[Scope]] = WeakKeyDictionary()
"""The contexts activated on each loop, for code whose context variables do not come from where that happened."""


def current_producer() -> Producer:
    """The producer whose code is running: an agent's call, a streamer, or the root of the active context.

    :raises NoActiveContextError: when no context is active here.
    :raises WrongActiveContextError: when the active context belongs to another event loop.
    """
    producer = CURRENT.get(None)
    loop = asyncio._get_running_loop()
    if producer is not None:
        scope = producer.scope
        if scope.loop is loop and not scope.closed:
            return producer
    return _producer_of_loop(loop, producer)


def _producer_of_loop(loop: AbstractEventLoop | None, stray: Producer | None) -> Producer:
    if loop is None:
        raise NoActiveContextError(
            "there is no running event loop here: run your coroutine by `MiniAgents().run(main())`, or call this from "
            "inside a coroutine"
        )
    if scopes := ACTIVATED.get(loop):
        return scopes[-1].root
    if stray is not None and not stray.scope.closed:
        raise WrongActiveContextError(
            "the active context belongs to another event loop: each loop needs its own `async with MiniAgents():`"
        )
    raise NoActiveContextError(
        "no active context: wrap your code in `async with MiniAgents():`, run it by `MiniAgents().run(main())`, or "
        "call `MiniAgents().activate()` first"
    )


def is_on_loop(scope: Scope | None) -> bool:
    """Whether the code that is running may touch the streams of ``scope``."""
    return scope is None or asyncio._get_running_loop() is scope.loop


def wrong_loop(stream: object) -> WrongActiveContextError:
    """What is raised where an open stream is read on another event loop than the one it is made on."""
    return WrongActiveContextError(
        f"this {type(stream).__name__} is still being made on another event loop: await it there, or hand over its "
        "value (`asyncio.run_coroutine_threadsafe(wait_for_it(), its_loop)`)"
    )


if sys.version_info >= (3, 12):

    def task_of(loop: AbstractEventLoop) -> Task[Any]:
        """The task that is running on ``loop``, which is the running loop."""
        return current_task(loop)  # type: ignore[return-value]  # there is one: a coroutine of ours is running

else:
    # what `current_task` would find, without three calls for every wait; typeshed hides it
    task_of: Callable[[AbstractEventLoop], Task[Any]] = vars(asyncio.tasks)["_current_tasks"].__getitem__
