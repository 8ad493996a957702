"""What the SDKs of all providers need: to be installed, arguments that they know, and streams that are closed."""

import sys
from asyncio import to_thread
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from functools import lru_cache
from importlib import import_module
from inspect import signature
from typing import Any, Protocol, TypeVar

Chunk_co = TypeVar("Chunk_co", covariant=True)


class Stream(Protocol[Chunk_co]):
    """A response that is being streamed."""

    def __aiter__(self) -> AsyncIterator[Chunk_co]: ...

    async def close(self) -> None:
        """Close its connection."""


S = TypeVar("S", bound=Stream[Any])


async def load(package: str, agent: str) -> None:
    """Import ``package`` in a thread, for the loop would stand still for a second; later calls return at once.

    :raises ImportError: when it is not installed; it names the command that installs it.
    """
    if sys.modules.get(package) is not None:
        return
    try:
        await to_thread(import_module, package)
    except ModuleNotFoundError as error:
        if error.name != package:
            raise
        raise ImportError(
            f"{agent} needs the package {package!r}, which is not installed. Install it with: "
            f"pip install 'miniagents-rx[{package}]'",
            name=package,
        ) from error


@lru_cache(maxsize=16)
def _names(create: Callable[..., object]) -> frozenset[str]:
    return frozenset(signature(create).parameters)


def arguments_for(create: Callable[..., object], params: Mapping[str, Any]) -> dict[str, Any]:
    """``params`` for ``create``: by name those that it lists, the others in the body as they are."""
    names = _names(create)
    arguments = {name: value for name, value in params.items() if name in names}
    others = {name: value for name, value in params.items() if name not in names}
    if others:
        arguments["extra_body"] = {**others, **(arguments.get("extra_body") or {})}
    return arguments


async def raw_response(create: Callable[..., Awaitable[Any]], arguments: dict[str, Any]) -> Any:
    """The response before the SDK reads its body: ``http_response`` and ``parse()``."""
    return await create(**arguments)


@asynccontextmanager
async def closing(stream: S) -> AsyncGenerator[S, None]:
    """Close the connection of ``stream`` at the end of the block, however it ends.

    The SDKs leave the generators of a stream half-run when it is left early; they end here, not at some time in the
    hands of the garbage collector.
    """
    try:
        yield stream
    finally:
        await stream.close()
        with suppress(Exception):
            async for _ in stream:
                pass
