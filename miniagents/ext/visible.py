"""Text from elsewhere, made harmless for whoever looks at it."""

from __future__ import annotations

import re

_UNSHOWN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Characters that a terminal obeys instead of showing them: C0 (but tab and newline), DEL, C1, line separators, changes
of the writing direction; and lone surrogates, which cannot be written at all."""


def visible(text: str) -> str:
    r"""``text`` with characters that would control the terminal written as Python writes them. Tab and newline stay.

    >>> print(visible("\x1b[2Jred\r"))
    \x1b[2Jred\r
    """
    return _UNSHOWN.sub(lambda found: ascii(found[0])[1:-1], text)
