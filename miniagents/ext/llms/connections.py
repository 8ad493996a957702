"""The HTTP connections that all requests made on one event loop share; they are closed with the loop."""

from asyncio import AbstractEventLoop, get_running_loop
from collections.abc import AsyncGenerator, Callable
from typing import Any, Protocol, TypeVar
from weakref import WeakKeyDictionary

from miniagents.ext.llms.allowance import limit_body


class Client(Protocol):
    """An HTTP client."""

    @property
    def event_hooks(self) -> dict[str, list[Callable[..., Any]]]:
        """What is called with each of its requests and responses."""
        ...

    async def aclose(self) -> None:
        """Close its connections."""


C = TypeVar("C", bound=Client)
Kept = tuple[Client, AsyncGenerator[Client, None]]

_kept: WeakKeyDictionary[AbstractEventLoop, dict[Callable[[], Any], Kept]] = WeakKeyDictionary()


async def connections(make: Callable[[], C]) -> C:
    """What ``make()`` gave on this loop the first time; a client of one loop is of no use on another.

    It is closed when the loop ends, as ``asyncio.run`` ends it: by closing what is open of asynchronous generators.
    """
    loop = get_running_loop()
    for ended in [other for other in _kept if other.is_closed()]:
        del _kept[ended]
    kept = _kept.setdefault(loop, {})
    if make not in kept:
        keeper = _until_the_loop_ends(make, kept)
        kept[make] = await anext(keeper), keeper
    client: Any = kept[make][0]
    return client  # type: ignore[no-any-return]  # the keys are of different types, so no annotation says which


async def _until_the_loop_ends(make: Callable[[], C], kept: dict[Callable[[], Any], Kept]) -> AsyncGenerator[C, None]:
    client = make()
    client.event_hooks["response"].append(limit_body)
    try:
        yield client
    finally:
        del kept[make]
        await client.aclose()
