"""How the suite runs: each async test on a loop of its own, every test against the clock, nothing left behind."""

import gc
import inspect
import signal
from collections.abc import Generator

import pytest
from hypothesis import is_hypothesis_test, settings

from tests.deadline import deadline
from tests.loop import nothing_reported, on_fresh_loop

SECONDS_PER_TEST = 30.0

# A shell that runs the suite in the background has it ignore Ctrl+C, and so would the processes that tests interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

collect_ignore = ["types"]  # read by type checkers, never run

# The time of an example is the machine's affair; a test that hangs has its deadline. On CI, hypothesis is repeatable.
settings.register_profile("suite", settings(), deadline=None)
settings.load_profile("suite")


def pytest_collection_finish() -> None:
    """Set aside what the imports have made, so that the collection after each test is quick."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    _give_a_loop(pyfuncitem)
    with deadline(_seconds_for(pyfuncitem)), nothing_reported():
        return (yield)


def _give_a_loop(item: pytest.Function) -> None:
    """Let an async test run as a plain function; one under @given gets a fresh loop for each example."""
    if inspect.iscoroutinefunction(item.obj):
        item.obj = on_fresh_loop(item.obj)
    elif is_hypothesis_test(item.obj) and inspect.iscoroutinefunction(item.obj.hypothesis.inner_test):
        item.obj.hypothesis.inner_test = on_fresh_loop(item.obj.hypothesis.inner_test)


def _seconds_for(item: pytest.Function) -> float:
    marker = item.get_closest_marker("timeout_s")
    return float(marker.args[0]) if marker else SECONDS_PER_TEST
