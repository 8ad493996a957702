"""The tree of producers: who makes what inside whom, and how it stops."""

from __future__ import annotations

from asyncio import CancelledError, Task, iscoroutine, wait
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextvars import Context, ContextVar
from typing import TYPE_CHECKING, Any, Final, Protocol

from typing_extensions import override

if TYPE_CHECKING:  # a scope has a tree of producers, so it stands above them
    from miniagents.core.scope import Scope

CURRENT: ContextVar[Producer] = ContextVar("miniagents.producer")
"""The producer whose code is running. It is light on purpose: a context variable outlives what it was made for."""


_NO_PARAMS: Mapping[str, object] = {}

TRACE_ENDS: Final = 10
"""How many calls an agent trace names at most from each of its ends."""


class Output(Protocol):
    """What a producer fills: it is told once how the producer has ended."""

    def _conclude(self, error: BaseException | None, producer: Producer) -> None: ...


class Producer:
    """One background activity and, below it, all activities started inside it.

    ``parent`` and ``children`` form the tree that cancellation follows. A producer is *alive* while its own task runs
    and *gone* when, on top of that, no child is left; the end of a cancelled producer is told to its output only then.
    """

    __slots__ = (
        "__weakref__",
        "_children",
        "_held",
        "_output",
        "_started",
        "alive",
        "cancelled",
        "label",
        "parent",
        "scope",
        "task",
    )

    def __init__(self, scope: Scope, parent: Producer | None, label: str, output: Output | None = None) -> None:
        self.scope: Scope = scope
        self.parent = parent
        self.label: str = label
        self.task: Task[None] | None = None
        self.alive: bool = True
        self.cancelled: bool = False
        self._started = False
        self._output = output
        self._children: set[Producer] | None = None
        self._held: list[Awaitable[object]] | None = None
        if parent is not None:
            while parent.parent is not None and parent.is_gone:  # what a finished call left running starts things, too
                parent = self.parent = parent.parent
            parent.adopt(self)

    @override
    def __repr__(self) -> str:
        return f"<{self.label}>"

    @property
    def children(self) -> tuple[Producer, ...]:
        """What was started inside this producer and is not gone."""
        return tuple(self._children or ())

    def adopt(self, child: Producer) -> None:
        """Let ``child`` be stopped with, and waited for by, this producer."""
        if self._children is None:
            self._children = set()
        self._children.add(child)

    def lineage(self) -> Iterator[Producer]:
        """This producer, the one it was started in, and so on up to, and without, the root of the context."""
        node: Producer | None = self
        while node is not None and node.parent is not None:
            yield node
            node = node.parent

    def trace(self) -> str:
        """The agent trace: who was called by whom, the outermost first; a long one without its middle."""
        labels = [node.label for node in self.lineage()][::-1]
        if len(labels) > 2 * TRACE_ENDS:
            left_out = f"... ({len(labels) - 2 * TRACE_ENDS} more) ..."
            labels = [*labels[:TRACE_ENDS], left_out, *labels[-TRACE_ENDS:]]
        return " -> ".join(labels)

    def start(
        self,
        work: Callable[..., Awaitable[object]],
        args: tuple[object, ...] = (),
        params: Mapping[str, object] = _NO_PARAMS,
        context: Context | None = None,
    ) -> None:
        """Run ``work(*args, **params)`` in a task of its own from the next turn of the loop on.

        The task is made past the loop's task factory: an eager one would run user code inside the call that starts it.

        :param context: the context variables that it sees; by default a copy of the present ones.
        """
        # a name of its own, besides telling something, spares the task making one
        self.task = Task(self._run(work, args, params), loop=self.scope.loop, name=self.label, context=context)

    async def _run(
        self, work: Callable[..., Awaitable[object]], args: tuple[object, ...], params: Mapping[str, object]
    ) -> None:
        self._started = True
        CURRENT.set(self)
        if self.cancelled:  # before its first step
            close_coroutines(args)
            self._finish(CancelledError())
            return
        try:
            working = work(*args, **params)
            del args, params  # what only the work needs is the work's to let go of
            await working
            if self._held is not None:
                await self.release()
        except BaseException as error:  # noqa: BLE001 - whatever a producer dies of, its consumers must hear of it
            self._finish(error)
        else:
            self._finish(None)

    def hold(self, awaitable: Awaitable[object]) -> None:
        """Keep the output open until ``awaitable`` is done."""
        if self._held is None:
            self._held = []
        self._held.append(awaitable)

    async def release(self) -> None:
        """Wait for everything held; what is added meanwhile is waited for, too."""
        while self._held:
            await self._held.pop(0)
        self._held = None

    @property
    def is_held(self) -> bool:
        """Whether the output is kept open for something."""
        return self._held is not None

    def end_early(self) -> None:
        """Tell the output now that nothing more will come, though the task runs on."""
        output, self._output = self._output, None
        if output is not None:
            output._conclude(None, self)

    def finish_unstarted(self) -> None:
        """End a producer that has no task: only its children matter from now on."""
        self._finish(None)

    def _finish(self, error: BaseException | None) -> None:
        self.alive = False
        self.task = None  # whose context variables know this producer
        if self._held is not None:
            close_coroutines(self._held)
        if error is not None and isinstance(error, CancelledError) and not self.cancelled:
            self.cancel()  # whoever cancelled the task from outside has stopped this call, and so all inside it
        if self.cancelled:
            if error is not None and not isinstance(error, CancelledError):
                self.scope.report(error, self.trace())
        else:
            output, self._output = self._output, None
            if output is not None:
                output._conclude(error, self)
            elif error is not None:
                self.scope.report(error, self.trace())
        if not self._children:
            self._leave()

    def open_output(self) -> Any:
        """The output of this producer, or of one started inside it, that is still to be concluded, if there is one."""
        todo: list[Producer] = [self]
        while todo:
            node = todo.pop()
            if node._output is not None:
                return node._output
            todo.extend(node._children or ())
        return None

    def _leave(self) -> None:
        """This producer is gone; so may be those above it that waited only for it. A loop: depth must not matter."""
        node = self
        while True:
            parent = node.parent
            if parent is not None and parent._children is not None:
                parent._children.discard(node)
            output, node._output = node._output, None
            if output is not None:
                output._conclude(CancelledError(), node)
            if (joins := node.scope.joins) and (joined := joins.pop(node, None)):
                joined.set_result(None)
            if parent is None:
                return
            if parent.parent is None and not parent._children:
                parent.scope.idle()
            if parent.alive or parent._children:
                return
            node = parent

    @property
    def is_gone(self) -> bool:
        """Whether neither this producer nor anything started inside it runs any more."""
        return not self.alive and not self._children

    async def join(self) -> None:
        """Wait until this producer and everything started inside it is gone."""
        while not self.is_gone:
            await self._change(None)

    async def stopped(self, reason: BaseException | None) -> BaseException | None:
        """As :meth:`join`, for one that is being stopped; see :meth:`Scope.wait_out`."""
        error = await self.scope.wait_out(lambda: self.is_gone, self._change, reason)
        if not self.is_gone:
            self.scope.left_behind(self)
        return error

    async def _change(self, seconds: float | None) -> None:
        joins = self.scope.joins
        if self not in joins:
            joins[self] = self.scope.loop.create_future()
        await wait([joins[self]], timeout=seconds)

    def cancel(self) -> bool:
        """Stop this producer and everything started inside it; ``True`` while anything of it still runs.

        Each is interrupted once: a second call does not disturb the cleanup that the first one set off.
        """
        if self.is_gone:
            return False
        todo: list[Producer] = [self]
        while todo:
            node = todo.pop()
            if not node.cancelled:
                node.cancelled = True
                todo.extend(node._children or ())
                node._interrupt()
        return True

    def _interrupt(self) -> None:
        if not self.alive:
            return
        if self.task is None:
            self._finish(None)
            return
        if self._started:  # one cancelled before its first step would never enter its coroutine: see `_run`
            self.task.cancel()


def close_coroutines(awaitables: Iterable[object]) -> None:
    """Drop what will not be awaited any more without a warning that it never was."""
    for awaitable in awaitables:
        if iscoroutine(awaitable):
            awaitable.close()
