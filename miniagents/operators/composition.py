"""What is made of agents: a way to let some of them, or anything of the operator shape, work as one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final, Self

from typing_extensions import override

from miniagents.core.producer import CURRENT, Producer
from miniagents.messages import MessageSequencePromise

Stage = Callable[[Any], Any]
"""An agent, or anything of the operator shape."""

SHOWN: Final = 5
"""How many stages an alias names at most from each end."""


class Composable(ABC):
    """An agent, as far as one needs to know it to make another one of it."""

    __slots__ = ()

    @property
    @abstractmethod
    def alias(self) -> str:
        """The name of the agent."""

    @property
    @abstractmethod
    def composition(self) -> Composition | None:
        """What the agent is made of, if it is made of others."""

    @abstractmethod
    def composed(self, how: Composition) -> Self:
        """An agent that takes and replies with the same messages as this one, in the way that ``how`` says."""

    @abstractmethod
    def inquire(self, messages: Any = None, *, start_asap: bool | None = None, **params: Any) -> Any:
        """Send ``messages`` to the agent and get the promise of its reply."""

    @abstractmethod
    def check_names(self, params: Mapping[str, Any]) -> None:
        """
        :raises TypeError: when ``params`` has a name that the agent does not take.
        """

    @abstractmethod
    def check(self, params: Mapping[str, Any]) -> None:
        """
        :raises TypeError: when the agent cannot be called with ``params``.
        """


class Composition(ABC):
    """A way to let agents reply together."""

    __slots__ = ()

    @abstractmethod
    def begin(
        self,
        group: Producer,
        request: MessageSequencePromise[Any],
        reply: MessageSequencePromise[Any],
        params: Mapping[str, Any],
    ) -> None:
        """Let the agents reply to ``request`` inside ``group``, which stops, and is waited for, as one."""

    @abstractmethod
    def alias(self) -> str:
        """A name, made of theirs."""

    @abstractmethod
    def check_names(self, params: Mapping[str, Any]) -> None:
        """
        :raises TypeError: when ``params`` has a name that they do not take.
        """

    @abstractmethod
    def check(self, params: Mapping[str, Any]) -> None:
        """
        :raises TypeError: when they cannot be called with ``params``.
        """


class Connection(Composition):
    """Stages that are connected once, when the call begins. It has no code of its own to run, so it costs no task."""

    __slots__ = ("stages",)

    sign: ClassVar[str]

    def __init__(self, stages: tuple[Stage, ...]) -> None:
        self.stages: tuple[Stage, ...] = stages

    @abstractmethod
    def connect(self, request: MessageSequencePromise[Any]) -> Any:
        """What the whole replies to ``request``."""

    @classmethod
    def of(cls, parts: tuple[Stage, ...]) -> Connection:
        """The connection of ``parts``. One that is already of this kind joins with its own stages: grouping then
        makes no difference, not even in depth."""
        stages: list[Stage] = []
        for part in parts:
            how = _composition_of(part)
            stages.extend(how.stages if isinstance(how, cls) else (part,))
        return cls(tuple(stages))

    @override
    def begin(
        self,
        group: Producer,
        request: MessageSequencePromise[Any],
        reply: MessageSequencePromise[Any],
        params: Mapping[str, Any],
    ) -> None:
        outside = CURRENT.set(group)
        try:
            reply._take_in(self.connect(request))
        finally:
            CURRENT.reset(outside)
            group.finish_unstarted()

    @override
    def alias(self) -> str:
        """The aliases of the stages, with the sign between them; of very many, the first and the last."""
        names = [_name_in_connection(stage) for stage in self._shown()]
        if len(self.stages) > len(names):
            names.insert(SHOWN, "...")
        return f" {self.sign} ".join(names)

    def _shown(self) -> tuple[Stage, ...]:
        stages = self.stages
        return stages if len(stages) <= 2 * SHOWN else (*stages[:SHOWN], *stages[-SHOWN:])

    @override
    def check_names(self, params: Mapping[str, Any]) -> None:
        if params:
            raise TypeError(
                f"{self.alias()} is made of several agents and takes no parameters ({', '.join(params)}): fork the "
                "agent that takes them before composing"
            )

    @override
    def check(self, params: Mapping[str, Any]) -> None:
        self.check_names(params)


def _composition_of(stage: object) -> Composition | None:
    return stage.composition if isinstance(stage, Composable) else None


def _name_in_connection(stage: object) -> str:
    if not isinstance(stage, Composable):
        return str(getattr(stage, "__name__", None) or repr(stage))
    return f"({stage.alias})" if isinstance(stage.composition, Connection) else stage.alias
