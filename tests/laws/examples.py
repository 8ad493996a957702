"""How many examples a law is tried on: few by default, many when MINIAGENTS_EXAMPLES multiplies them."""

import os

from hypothesis import HealthCheck, settings

TIMES = float(os.environ.get("MINIAGENTS_EXAMPLES", "1"))


def examples(count: int) -> settings:
    """A decorator for a property test that is tried on `count` examples, times MINIAGENTS_EXAMPLES."""
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    return settings(max_examples=max(1, round(count * TIMES)), suppress_health_check=slow, deadline=None)
