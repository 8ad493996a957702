"""A thousand random schedules, in virtual time: whatever the pauses and faults, readers see what was planned."""

from __future__ import annotations

import pytest

from benchmarks.soak.load import Load, load
from tests.laws.clock import run_in_no_time

CALLS = 25
SEEDS = range(40)


def loaded(seed: int) -> Load:
    return run_in_no_time(load(seed, CALLS, seconds=2.0, rings=0, step=lambda: None, warm_up=0))


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_lost_and_nothing_is_left_whatever_the_schedule(seed: int) -> None:
    result = loaded(seed)
    assert result.accounts.calls == CALLS
    assert (result.accounts.lost, result.accounts.wrong, result.accounts.not_honoured) == (0, [], 0)
    assert result.reported["Planned"] == result.accounts.faults["a callback raises"]
    assert result.left is not None
    assert (result.left.tasks, result.left.timers) == (0, 0)


def test_the_same_seed_is_the_same_load() -> None:
    one, other = loaded(7).accounts, loaded(7).accounts
    assert (one.messages, one.faults, one.cancelled) == (other.messages, other.faults, other.cancelled)
