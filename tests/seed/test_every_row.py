"""Every row of the seed has a test that is named after it."""

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
ROWS = range(1, 62)


def test_every_row_of_the_seed_has_a_test() -> None:
    named = {
        int(row) for file in TESTS.rglob("test_*.py") for row in re.findall(r"def test_row_(\d+)_", file.read_text())
    }
    assert set(ROWS) - named == set()
