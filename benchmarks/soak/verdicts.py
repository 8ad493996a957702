"""What was seen against what was planned."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.soak.agents import SIGNATURE
from benchmarks.soak.plans import CANCELLING, Plan
from benchmarks.soak.readers import View


@dataclass(slots=True)
class Accounts:
    """The sums over all calls."""

    calls: int = 0
    messages: int = 0
    """Messages that readers have seen."""
    lost: int = 0
    """Messages that a reader should have seen and has not, or has seen otherwise, or in another place."""
    faults: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    """Everything else that was not as planned."""
    cancelled: int = 0
    not_honoured: int = 0
    """Cancellations after which something of the call still ran when a reader heard of it."""
    latencies: list[float] = field(default_factory=list)
    """Seconds from each cancellation to the reader that heard of it."""

    def check(self, plan: Plan, views: Sequence[View]) -> None:
        """Adds one call that all of `views` have read."""
        self.calls += 1
        if plan.fault != "none":
            self.faults[plan.fault] += 1
        self.messages += sum(len(view.messages) for view in views)
        if plan.fault in CANCELLING:
            self._check_cancelled(plan, views)
        else:
            for view in views:
                self._check_view(plan, view)

    def _check_view(self, plan: Plan, view: View) -> None:
        expected = plan.expected()
        texts = [text for text, _ in expected] + ([] if plan.ends_early else [SIGNATURE])
        seen = [text for text, _ in view.messages]
        self.lost += _differences(texts, seen)
        broken = [error for _, error in view.messages]
        if broken[: len(expected)] != [plan.error if breaks else None for _, breaks in expected]:
            self.wrong.append(f"call {plan.number} ({plan.fault}): messages ended by {broken}")
        if view.end is not (plan.error if plan.ends_early else None):
            self.wrong.append(f"call {plan.number} ({plan.fault}): ended by {view.end!r}")

    def _check_cancelled(self, plan: Plan, views: Sequence[View]) -> None:
        """Everything up to the cancellation is there, nothing else, and the same for each reader."""
        texts = [*(text for text, _ in plan.expected()), SIGNATURE]
        first, *others = views
        for (seen, error), text in zip(first.messages, texts, strict=False):
            self.lost += not (text.startswith(seen) if error else seen == text)
        for view in others:
            self.lost += _differences([text for text, _ in first.messages], [text for text, _ in view.messages])
            if view.end is not first.end:
                self.wrong.append(f"call {plan.number}: two readers heard of {first.end!r} and {view.end!r}")
        if any(view.still_running for view in views):
            self.not_honoured += 1

    def cancellation(self, asked_at: float, view: View) -> None:
        """Adds a cancellation that one reader heard of."""
        self.cancelled += 1
        self.latencies.append(view.heard_at - asked_at)


def _differences(expected: Sequence[str], seen: Sequence[str]) -> int:
    different = sum(one != other for one, other in zip(expected, seen, strict=False))
    return different + abs(len(expected) - len(seen))
