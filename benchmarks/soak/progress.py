"""A bar on a terminal; silence elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec

Step = Callable[[], None]


@contextmanager
def bar(title: str, total: int) -> Iterator[Step]:
    """Gives what is to be called after each of `total` steps."""
    if not sys.stderr.isatty() or find_spec("rich") is None:
        yield lambda: None
        return
    from rich.console import Console  # noqa: PLC0415 - an optional package
    from rich.progress import Progress  # noqa: PLC0415 - an optional package

    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task(title, total=total)
        yield lambda: progress.advance(task)
