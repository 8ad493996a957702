"""A hard end for a test that hangs, with a picture of what waits for what."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import pytest

from tests.stacks import picture

SECONDS_BETWEEN_BLOWS = 5.0


class TimedOutError(KeyboardInterrupt):
    """The test ran out of time. A KeyboardInterrupt, for that is what asyncio lets out of a task at once."""


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Fail the test when the block takes longer than `seconds` (0: no limit), in a busy loop and in `await` alike.

    A signal strikes again and again, so that neither a swallowed error nor a cleanup that hangs can outlive it.
    """
    pictures: list[str] = []

    def strike(_signal: int, frame: FrameType | None) -> None:
        pictures.append(picture(frame))
        raise TimedOutError

    before = signal.signal(signal.SIGALRM, strike)
    signal.setitimer(signal.ITIMER_REAL, seconds, SECONDS_BETWEEN_BLOWS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if pictures:
            pytest.fail(f"not done within {seconds:g} s; this is what waits for what\n{pictures[0]}", pytrace=False)
