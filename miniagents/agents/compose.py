"""How agents that are made of other agents connect them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, Final

from typing_extensions import override

from miniagents.core.producer import CURRENT, Producer
from miniagents.messages import MessageSequencePromise

Stage = Callable[[Any], Any]
"""An agent, or anything of the operator shape."""


SHOWN: Final = 5
"""How many stages an alias names at most from each end."""


class Composition(ABC):
    """Some stages and a way to connect them. It has no code of its own to run, so it costs no task."""

    __slots__ = ("stages",)

    sign: ClassVar[str]

    def __init__(self, stages: tuple[Stage, ...]) -> None:
        self.stages: tuple[Stage, ...] = stages

    @abstractmethod
    def connect(self, request: MessageSequencePromise[Any]) -> Any:
        """What the whole replies to ``request``."""

    def begin(self, group: Producer, request: MessageSequencePromise[Any], reply: MessageSequencePromise[Any]) -> None:
        """Call the stages inside ``group``, which stops, and is waited for, as one."""
        outside = CURRENT.set(group)
        try:
            reply._take_in(self.connect(request))
        finally:
            CURRENT.reset(outside)
            group.finish_unstarted()

    @classmethod
    def of(cls, parts: tuple[Stage, ...]) -> Composition:
        """The composition of ``parts``. One that is already of this kind joins with its own stages: grouping then
        makes no difference, not even in depth."""
        stages: list[Stage] = []
        for part in parts:
            how = getattr(part, "composition", None)
            stages.extend(how.stages if isinstance(how, cls) else (part,))
        return cls(tuple(stages))

    def alias(self) -> str:
        """The aliases of the stages, with the sign between them; of very many, the first and the last."""
        shown = self.stages if len(self.stages) <= 2 * SHOWN else (*self.stages[:SHOWN], _More(), *self.stages[-SHOWN:])
        return f" {self.sign} ".join(_alias(stage) for stage in shown)


class _More:
    """Stands in an alias for stages that are not shown."""

    alias = "..."


def _alias(stage: object) -> str:
    alias = getattr(stage, "alias", None) or getattr(stage, "__name__", None) or repr(stage)
    return f"({alias})" if isinstance(getattr(stage, "composition", None), Composition) else str(alias)


class Chain(Composition):
    """``a | b | c``: the reply of each is what the next one is sent."""

    __slots__ = ()

    sign = "|"

    @override
    def connect(self, request: MessageSequencePromise[Any]) -> Any:
        passed: Any = request
        for stage in self.stages:
            passed = stage(passed)
        return passed


class FanOut(Composition):
    """``a & b``: all are sent the same; the replies stand in declared order, while all run."""

    __slots__ = ()

    sign = "&"

    @override
    def connect(self, request: MessageSequencePromise[Any]) -> Any:
        return [stage(request) for stage in self.stages]
