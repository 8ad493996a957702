"""What each call is to do, what goes wrong in it, and what must come out: all of it known from a seed."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Final, Literal, get_args

Fault = Literal[
    "none",
    "a token stream breaks",
    "an agent raises",
    "an exception is replied",
    "cancel()",
    "the block of the call is left",
    "a reader's task is cancelled",
    "a reader times out",
    "a reader breaks off",
    "a callback raises",
]

FAULTS: Final[tuple[Fault, ...]] = get_args(Fault)[1:]
CANCELLING: Final[tuple[Fault, ...]] = ("cancel()", "the block of the call is left")
LEAVING: Final[tuple[Fault, ...]] = ("a reader's task is cancelled", "a reader times out", "a reader breaks off")
FAULTLESS: Final = 0.4
"""The share of calls in which nothing goes wrong."""


class Planned(Exception):
    """An error that was planned."""


@dataclass(slots=True)
class Plan:
    """One call."""

    number: int
    texts: tuple[tuple[str, ...], ...]
    """The tokens of each message."""
    fault: Fault
    at: int
    """The message at which the fault strikes."""
    begins_after: float
    """Seconds until the first message begins."""
    pause: float
    """Seconds between two tokens, on average."""
    strikes_after: float
    """Seconds until a fault strikes that comes from outside."""
    late_by: float
    """Seconds that the late reader comes after the end."""
    error: Planned = field(default_factory=Planned)
    running: int = 0
    """How much of the call runs at this moment, cleanup included."""

    def expected(self) -> list[tuple[str, bool]]:
        """Each message that every reader must see, if nobody cancels, and whether it breaks off by the error."""
        texts = [("".join(tokens), False) for tokens in self.texts]
        if self.fault == "a token stream breaks":
            texts[self.at] = ("".join(self.texts[self.at][:1]), True)
        return texts[: self.at] if self.ends_early else texts

    @property
    def ends_early(self) -> bool:
        """Whether the error is the end of the sequence."""
        return self.fault in ("an agent raises", "an exception is replied")


def plans(seed: int, calls: int, seconds: float) -> list[Plan]:
    """`calls` plans whose calls last up to about `seconds` each."""
    random = Random(seed)
    return [_plan(random, number, seconds) for number in range(calls)]


def _plan(random: Random, number: int, seconds: float) -> Plan:
    texts = tuple(
        tuple(f"{number}.{message}.{token} " for token in range(random.randint(1, 6)))
        for message in range(random.randint(1, 5))
    )
    lasts = seconds * random.uniform(0.4, 1.0)
    return Plan(
        number=number,
        texts=texts,
        fault="none" if random.random() < FAULTLESS else random.choice(FAULTS),
        at=random.randrange(len(texts)),
        begins_after=0.3 * lasts,
        pause=0.7 * lasts / sum(len(tokens) for tokens in texts),
        strikes_after=lasts * random.uniform(0.2, 1.0),
        late_by=seconds * random.uniform(0.0, 0.1),
    )
