"""A picture of who ran when, as text."""

import time
from dataclasses import dataclass, field

from rich.text import Text

LEVELS = "▁▂▃▄▅▆▇█"


@dataclass
class Track:
    """What one agent has said, and when each token came."""

    name: str
    tokens: list[str] = field(default_factory=list[str])
    times: list[float] = field(default_factory=list[float])
    begun: float | None = None
    ended: float | None = None

    def begin(self) -> None:
        self.begun = time.perf_counter()

    def note(self, token: str) -> None:
        self.tokens.append(token)
        self.times.append(time.perf_counter())

    def end(self) -> None:
        self.ended = time.perf_counter()


def timeline(tracks: list[Track], colours: tuple[str, ...], width: int) -> Text:
    """A row for each track: dots while it waits for its first token, then the higher the more tokens came."""
    begin = min(track.begun for track in tracks if track.begun is not None)
    seconds = max(track.ended for track in tracks if track.ended is not None) - begin
    columns = max(20, min(width, 100) - 32)
    picture = Text()
    for track, colour in zip(tracks, colours, strict=True):
        picture.append(f"{track.name:>10} ", style="bold")
        picture.append(_row(track, begin, seconds / columns, columns), style=colour)
        picture.append(f" {_figures(track)}\n", style="dim")
    picture.append(f"{'':>10} {_axis(seconds, columns)}", style="dim")
    return picture


def _row(track: Track, begin: float, slot_s: float, columns: int) -> str:
    """One character for each slot of time."""
    counts = [0] * columns
    for moment in track.times:
        counts[min(columns - 1, int((moment - begin) / slot_s))] += 1
    most = max(*counts, 1)
    row = [LEVELS[(count * len(LEVELS) - 1) // most] if count else " " for count in counts]
    if track.begun is not None and track.times:
        waiting = range(int((track.begun - begin) / slot_s), int((track.times[0] - begin) / slot_s))
        for column in waiting:
            row[column] = "·"
    return "".join(row)


def _figures(track: Track) -> str:
    if not track.times or track.begun is None or track.ended is None:
        return "nothing"
    return f"{track.times[0] - track.begun:4.1f} s to 1st, {len(track.times):3d} tokens"


def _axis(seconds: float, columns: int) -> str:
    right = f"{seconds:.1f} s"
    return f"0 s{'─' * (columns - 3 - len(right))}{right}"
