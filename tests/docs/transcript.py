"""A dialog as it is printed on a page: what the person types, and what the assistant says."""

import re
from collections.abc import Iterator

USER = "USER: "
_TURN = re.compile(r"^([A-Z_]+): ", re.MULTILINE)


def typed(transcript: str) -> Iterator[tuple[str, str]]:
    """Yield what is on the screen before a line is typed, up to the prompt, and the line."""
    place = 0
    while (place := transcript.find(USER, place)) >= 0:
        end = transcript.index("\n", place)
        yield transcript[:place] + USER.rstrip(), transcript[place + len(USER) : end]
        place = end


def said(transcript: str) -> list[str]:
    """What everybody but the person says; the whole of it where nobody is named."""
    parts = _TURN.split(transcript)
    if len(parts) == 1:
        return [transcript.strip()]
    return [text.strip() for name, text in zip(parts[1::2], parts[2::2], strict=True) if f"{name}: " != USER]
