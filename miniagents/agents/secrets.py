"""What must not be written anywhere: parameters whose names say that they are secrets."""

from __future__ import annotations

import re

_SECRET = re.compile(r"(^|_)(key|token|secret|password|credentials?|authorization)$|^extra_", re.IGNORECASE)


def is_secret(name: str) -> bool:
    """Whether a parameter called ``name`` may hold a secret, ``api_key`` say, or the headers of a request."""
    return _SECRET.search(name) is not None
