"""``limit``: not more than so many calls at once."""

from __future__ import annotations

from asyncio import AbstractEventLoop, Semaphore, get_running_loop
from typing import TYPE_CHECKING, TypeVar
from weakref import WeakKeyDictionary

from typing_extensions import override

from miniagents.core.errors import DeadlockError
from miniagents.core.producer import Producer
from miniagents.messages import Message
from miniagents.operators.policy import Call, Policy
from miniagents.operators.stage import is_whole, when_whole

if TYPE_CHECKING:  # agents stand above operators; this is the name of a type
    from miniagents.agents.agent import MiniAgent

In = TypeVar("In", bound=Message)
Out = TypeVar("Out", bound=Message)
