"""What a task or a thread is waiting for, as text."""

import asyncio
import sys
import threading
import traceback
from collections.abc import Iterable, Iterator
from types import AsyncGeneratorType, CodeType, CoroutineType, FrameType, GeneratorType

FRAMES_SHOWN = 12


def picture(frame: FrameType | None) -> str:
    """The main thread at `frame`, every task of its running loop, and every other thread."""
    here = "".join(traceback.format_stack(frame, limit=FRAMES_SHOWN))
    return "\n".join(["running:", here, *describe(_tasks_here()), *_other_threads()])


def describe(tasks: Iterable[asyncio.Task[object]]) -> list[str]:
    """One paragraph per task, ordered by name: the future it waits for, then its coroutines from the outermost in."""
    return [f"{task!r}\n{_chain(task)}" for task in sorted(tasks, key=asyncio.Task.get_name)]


def _tasks_here() -> set[asyncio.Task[object]]:
    try:
        return asyncio.all_tasks()
    except RuntimeError:  # no loop is running
        return set()


def _chain(task: asyncio.Task[object]) -> str:
    return "\n".join(f"    {line}" for line in _awaited(task.get_coro()))


def _awaited(node: object) -> Iterator[str]:
    """Follow `await` inward. Task.get_stack() shows only the outermost coroutine of a task that is suspended."""
    while node is not None:
        match node:
            case CoroutineType():
                yield _place(node.cr_code, node.cr_frame)
                node = node.cr_await
            case AsyncGeneratorType():
                yield _place(node.ag_code, node.ag_frame)
                node = node.ag_await
            case GeneratorType():
                yield _place(node.gi_code, node.gi_frame)
                node = node.gi_yieldfrom
            case _:  # a future, which the task has named already, or an object that tells nothing
                return


def _place(code: CodeType, frame: FrameType | None) -> str:
    line = frame.f_lineno if frame else code.co_firstlineno
    return f"{code.co_qualname} ({code.co_filename}:{line})"


def _other_threads() -> Iterator[str]:
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    for ident, frame in sys._current_frames().items():
        if ident != threading.get_ident():
            stack = "".join(traceback.format_stack(frame, limit=FRAMES_SHOWN))
            yield f"thread {names.get(ident, ident)}:\n{stack}"
