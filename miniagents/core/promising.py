"""The context that promises live in: it is entered, it waits for all that was started in it, and it loses no error."""

from __future__ import annotations

import asyncio
import signal
from asyncio import AbstractEventLoop, CancelledError, Future, get_running_loop
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from contextlib import suppress
from inspect import iscoroutinefunction
from types import TracebackType
from typing import Any, NoReturn, Self, TypeVar

from typing_extensions import override

from miniagents.core.errors import NoActiveContextError, WrongActiveContextError
from miniagents.core.failure import Failure
from miniagents.core.producer import CURRENT, Producer
from miniagents.core.scope import ACTIVATED, Scope, current_producer
from miniagents.core.unobserved import Unobserved, UnobservedErrorPolicy, log_left_behind
from miniagents.core.waits import Watchdog

T = TypeVar("T")

PromiseResolvedHandler = Callable[[Any, Any], Awaitable[None]]
"""``async (promise, result) -> None``"""


class Promising(Scope):
    """The context in which promises are made: ``async with Promising(): ...``.

    Leaving it waits for everything that was started inside; leaving it by an exception cancels all of that first. What
    was resolved stays readable afterwards; what was not ends with an error that says so.

    :param start_asap: whether promises start in the background by themselves (the default) or at the first look.
    :param on_promise_resolved: ``async (promise, result) -> None`` handlers, told of every promise that is resolved
        here or in a context inside this one.
    :param on_unobserved_error: ``"raise"`` (at the end of the context, in an ``ExceptionGroup``), ``"log"``, or a
        function ``(error, agent_trace) -> None``.
    """

    def __init__(
        self,
        *,
        start_asap: bool = True,
        on_promise_resolved: PromiseResolvedHandler | Iterable[PromiseResolvedHandler] = (),
        on_unobserved_error: UnobservedErrorPolicy = "raise",
    ) -> None:
        super().__init__(start_asap=start_asap)
        self._unobserved = Unobserved(on_unobserved_error)
        self._resolved_handlers: list[PromiseResolvedHandler] = []
        self._idle: Future[None] | None = None
        self._activated = False
        self._has_end = False  # whether somebody will be there to raise errors to
        self._watchdog: Watchdog | None = None
        for handler in [on_promise_resolved] if callable(on_promise_resolved) else on_promise_resolved:
            self.on_promise_resolved(handler)

    # --- activation

    @classmethod
    def current(cls) -> Self:
        """The active context of this kind: the innermost one that the running code is in.

        :raises NoActiveContextError: where there is none.
        """
        scope: Scope | None = current_producer().scope
        while scope is not None and not isinstance(scope, cls):
            scope = scope.outer
        if scope is None:
            raise NoActiveContextError(f"no active {cls.__name__}: wrap your code in `async with {cls.__name__}():`")
        return scope

    def activate(self) -> Self:
        """Make this the active context of the running loop, until :meth:`afinalize`.

        Code that shares no context variables with this call, a request handler for instance, finds it by its loop.

        :raises RuntimeError: if it was activated before, or if no event loop is running.
        """
        if self._activated:
            raise RuntimeError(
                f"this {type(self).__name__} was activated before; it is not reentrant: make a new one for each use"
            )
        try:
            self.loop: AbstractEventLoop = get_running_loop()
        except RuntimeError:
            raise RuntimeError(
                "activate() needs a running event loop: call it inside a coroutine (a server's startup hook, say), or "
                "use `.run(main())`"
            ) from None
        self._activated = True
        previous = CURRENT.get(None)
        if previous is not None and previous.scope.loop is self.loop and not previous.scope.closed:
            self.outer: Scope | None = previous.scope
            self.watched: bool = self.watched or self.outer.watched
        self._previous = previous
        self.root: Producer = Producer(self, None, "")
        CURRENT.set(self.root)
        ACTIVATED.setdefault(self.loop, []).append(self)
        self._watchdog = Watchdog(self)
        return self

    async def afinalize(self) -> None:
        """Wait for everything that was started in this context and close it.

        :raises ExceptionGroup: of the errors that nobody has observed, unless the policy says otherwise.
        """
        self._has_end = True
        await self._close(None)

    async def __aenter__(self) -> Self:
        self._has_end = True
        return self.activate()

    async def __aexit__(
        self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None
    ) -> None:
        await self._close(error)

    def __enter__(self) -> NoReturn:
        raise RuntimeError(f"`with {type(self).__name__}()` cannot wait for agents: use `async with`")

    def __exit__(self, *_: object) -> None: ...

    def run(self, main: Awaitable[T]) -> T:
        """Run ``main`` to its end in this context, on an event loop of its own, and return its value.

        Ctrl+C and SIGTERM cancel ``main`` and everything started here; the process then ends as it should, with
        ``KeyboardInterrupt`` or exit code 143.
        """
        if not isinstance(main, Awaitable):
            raise TypeError(f"run({main!r}): it takes an awaitable; call your function: `.run(main())`")
        if asyncio._get_running_loop() is not None:
            if isinstance(main, Coroutine):
                main.close()
            raise RuntimeError("run() cannot be called inside a running event loop: use `async with` and `await`")
        with asyncio.Runner() as runner:
            return runner.run(self._run(main))

    async def _run(self, main: Awaitable[T]) -> T:
        terminated = False
        task = asyncio.current_task()
        assert task is not None

        def terminate() -> None:
            nonlocal terminated
            terminated = True
            task.cancel()

        with suppress(NotImplementedError, RuntimeError, ValueError):  # not on this platform, or not in this thread
            get_running_loop().add_signal_handler(signal.SIGTERM, terminate)
        try:
            async with self:
                return await main
        except CancelledError:
            if terminated:
                raise SystemExit(128 + signal.SIGTERM) from None
            raise

    # --- closing

    async def _close(self, error: BaseException | None) -> None:
        if not self._activated or self.closed:
            raise RuntimeError(f"this {type(self).__name__} is not active: activate() comes before afinalize()")
        self._check_order()
        reason = error
        try:
            if error is None:
                await self._until_idle()
        except CancelledError as cancelled:  # Ctrl+C while waiting, say
            reason = cancelled
        if reason is not None:
            reason = await self._stop_all(reason)
        self._shut()
        if reason is not None and reason is not error:
            self._unobserved.handle_all()
            raise reason
        self._unobserved.settle(error)

    def _check_order(self) -> None:
        current = CURRENT.get(None)
        scope = None if current is None else current.scope
        if scope is not None and scope is not self and not scope.closed and scope.outer is self:
            raise WrongActiveContextError("a context inside this one is still active: finalize the inner one first")

    async def _until_idle(self) -> None:
        while self.root._children:
            await self._while_busy(None)

    async def _while_busy(self, seconds: float | None) -> None:
        if self._idle is None:
            self._idle = self.loop.create_future()
        if self._watchdog is not None:
            self._watchdog.closer = asyncio.current_task()
        await asyncio.wait([self._idle], timeout=seconds)

    @override
    def idle(self) -> None:
        if self._idle is not None:
            idle, self._idle = self._idle, None
            if not idle.done():
                idle.set_result(None)

    async def _stop_all(self, reason: BaseException) -> BaseException | None:
        """Stop everything and wait until it is gone, at most for the time of grace; gives the error to leave by."""
        for producer in self.root.children:
            producer.cancel()
        error = await self.wait_out(lambda: not self.root._children, self._while_busy, reason)
        if self.root._children:
            self.left_behind(self.root)
        return error

    @override
    def left_behind(self, node: Producer) -> None:
        log_left_behind(_running(node), self.grace_seconds)

    def _shut(self) -> None:
        """From here on nothing starts or comes in any more."""
        if self._watchdog is not None:
            self._watchdog.stop()
        for stream in list(self.sources):
            stream._fail(self.too_late(type(stream).__name__), quiet=True)
        self.closed = True
        self.root.alive = False
        self.waiting.clear()
        scopes = ACTIVATED.get(self.loop, [])
        if self in scopes:
            scopes.remove(self)
        if not scopes:
            ACTIVATED.pop(self.loop, None)
        if CURRENT.get(None) is self.root and self._previous is not None:
            CURRENT.set(self._previous)
        self._previous = None

    # --- errors that nobody has observed

    @override
    def carry(self, failure: Failure) -> None:
        self._unobserved.carried.add(failure)

    @override
    def report(self, error: BaseException, trace: str) -> None:
        self.keep(Failure(error, None, trace=trace))

    def keep(self, failure: Failure) -> None:
        """Hold on to a failure that no stream carries, until the end of the context if there will be one."""
        self._unobserved.keep(failure, until_close=self._has_end and not self.closed)

    @override
    def report_dropped(self, error: BaseException, trace: str) -> None:
        if not self.loop.is_closed():  # the garbage collector may come by in any thread, in the middle of anything
            failure = Failure(error, None, quiet=True, trace=trace)
            self.loop.call_soon_threadsafe(self._unobserved.handle, failure)

    # --- handlers

    def on_promise_resolved(self, handler: PromiseResolvedHandler) -> PromiseResolvedHandler:
        """Call ``await handler(promise, result)`` for every promise that is resolved; also usable as a decorator."""
        self._resolved_handlers.append(checked_handler(handler, "on_promise_resolved", "(promise, result)"))
        self.watched = True
        return handler

    @override
    def resolved(self, promise: Any, result: Any) -> None:
        for handler in self._resolved_handlers:
            self._call_handler("on_promise_resolved", handler, promise, result)
        if self.outer is not None and self.outer.watched and not self.outer.closed:
            self.outer.resolved(promise, result)

    def _call_handler(self, label: str, handler: Callable[..., Awaitable[None]], *args: object) -> None:
        if not self.closed:
            Producer(self, self.root, label).start(handler, args)


H = TypeVar("H", bound=Callable[..., Awaitable[None]])


def checked_handler(handler: H, name: str, shape: str) -> H:
    """
    :raises TypeError: when ``handler`` is no async function; it names the shape that it must have.
    """
    if not iscoroutinefunction(handler) and not iscoroutinefunction(getattr(handler, "__call__", None)):  # noqa: B004
        raise TypeError(f"{name}: {handler!r} is not an async function: write `async def handler{shape}`")
    return handler


def _running(node: Producer) -> Iterable[str]:
    """The traces of what runs in ``node``; the root of a context has none."""
    todo = [node]
    while todo:
        node = todo.pop()
        todo.extend(node.children)
        if node.alive and node.parent is not None:
            yield node.trace()
