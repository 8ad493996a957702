"""How agents that are made of other agents connect them."""

from __future__ import annotations

from typing import Any

from typing_extensions import override

from miniagents.messages import MessageSequencePromise
from miniagents.operators.composition import Connection


class Chain(Connection):
    """``a | b | c``: the reply of each is what the next one is sent."""

    __slots__ = ()

    sign = "|"

    @override
    def connect(self, request: MessageSequencePromise[Any]) -> Any:
        passed: Any = request
        for stage in self.stages:
            passed = stage(passed)
        return passed


class FanOut(Connection):
    """``a & b``: all are sent the same; the replies stand in declared order, while all run."""

    __slots__ = ()

    sign = "&"

    @override
    def connect(self, request: MessageSequencePromise[Any]) -> Any:
        return [stage(request) for stage in self.stages]
