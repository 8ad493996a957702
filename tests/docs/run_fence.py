"""Runs the programs it is named one after the other in one namespace, and shows what the last one prints.

`await` may stand at the top level, as in `python -m asyncio`.
"""

import asyncio
import sys
import types
from ast import PyCF_ALLOW_TOP_LEVEL_AWAIT
from collections.abc import Awaitable
from contextlib import redirect_stdout
from inspect import CO_COROUTINE
from io import StringIO
from pathlib import Path
from typing import Any


def run(path: str, names: dict[str, Any]) -> None:
    code = compile(Path(path).read_text(), path, "exec", flags=PyCF_ALLOW_TOP_LEVEL_AWAIT)
    if code.co_flags & CO_COROUTINE:
        with asyncio.Runner() as runner:
            runner.run(awaiting(types.FunctionType(code, names)()))
    else:
        exec(code, names)


async def awaiting(something: Awaitable[None]) -> None:
    await something


if __name__ == "__main__":
    *earlier, last = sys.argv[1:]
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module  # where pydantic and typing look for what annotations name
    for path in earlier:
        with redirect_stdout(StringIO()):
            run(path, vars(module))
    module.__file__ = last
    run(last, vars(module))
