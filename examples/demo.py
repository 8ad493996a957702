"""Four agents ask a language model at once, a fifth reads what they wrote. Run it by ``make demo``.

The model runs on this machine, without a key. ``PROVIDER=openai make demo`` asks OpenAI instead (``OPENAI_API_KEY``),
``PROVIDER=anthropic`` asks Anthropic; ``MODEL`` names another model of theirs.
"""

import os
import sys
import time
from asyncio import TaskGroup
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from miniagents import (
    InteractionContext,
    Message,
    MessagePromise,
    MessageSequencePromise,
    MiniAgent,
    MiniAgents,
    miniagent,
)
from miniagents.ext.llms import AnthropicAgent, AssistantMessage, LocalLLMAgent, OpenAIAgent

TASKS = {
    "POET": "Write a short poem about the sea.",
    "SCIENTIST": "What is the most interesting thing about the sea?",
    "COOK": "What can I cook from the sea? Describe one simple dish.",
    "TRAVELLER": "Write a postcard from the sea to a friend.",
}
QUESTION = "What do these texts have in common? Answer in one sentence."
KEYS = {"openai": "OPENAI_API_KEY", "anthropic": "ANTHROPIC_API_KEY"}
COLOURS = ("cyan", "green", "yellow", "magenta", "blue")
LEVELS = "▁▂▃▄▅▆▇█"
NAME_WIDTH = 11
FIGURES_WIDTH = 20

Writer = MiniAgent[Message, AssistantMessage]
Reply = MessageSequencePromise[AssistantMessage]


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


def model_agent() -> Writer:
    """The agent of the provider that was asked for; a key in the environment alone changes nothing."""
    provider = os.environ.get("PROVIDER", "local")
    if provider in KEYS and not os.environ.get(KEYS[provider]):
        sys.exit(f"PROVIDER={provider} needs a key in the environment variable {KEYS[provider]}")
    match provider:
        case "local":
            return LocalLLMAgent.fork(max_tokens=80, seed=3, temperature=0.5, repeat_penalty=1.1)
        case "openai":
            return OpenAIAgent.fork(max_tokens=80, model=os.environ.get("MODEL", "gpt-4o-mini"))
        case "anthropic":
            return AnthropicAgent.fork(max_tokens=80, model=os.environ.get("MODEL", "claude-haiku-4-5"))
        case other:
            sys.exit(f"PROVIDER={other!r}: it is local, openai or anthropic")


@miniagent
async def writer(ctx: InteractionContext[Message, AssistantMessage], llm: Writer, task: str) -> None:
    """Asks the model to write something."""
    ctx.reply(llm.inquire(task))


@miniagent
async def editor(ctx: InteractionContext[Message, AssistantMessage], llm: Writer) -> None:
    """Reads everything that it is sent, to the end, and asks the model about it."""
    texts = await ctx.message_promises.as_single_promise()
    ctx.reply(llm.inquire([texts, QUESTION]))


async def main(console: Console) -> None:
    llm = model_agent()
    poet, scientist, cook, traveller = (writer.fork(alias=name, llm=llm, task=task) for name, task in TASKS.items())
    everyone = poet & scientist & cook & traveller
    tracks = [Track(name) for name in (*TASKS, "EDITOR")]

    console.rule("Four agents at once, and one that waits for them", align="left")
    writings = everyone.inquire()  # all of them run from now on, whether or not anybody looks
    verdict = editor.inquire(writings, llm=llm)  # is sent the same promise, at once
    with progress_display(console, tracks):
        await follow_all([writings, verdict], tracks)

    console.rule("One reply, in the order in which the agents were named", align="left")
    for message, track, colour in zip((*await writings, *await verdict), tracks, COLOURS, strict=True):
        console.print(Text(track.name, style=f"bold {colour}"))
        console.print(Text(f"{str(message).strip()}\n"))

    console.rule("The same once more, from the promise", align="left")
    await replay(console, writings, tracks)
    console.rule("Who ran when", align="left")
    console.print(timeline(tracks, console.width))


async def follow_all(replies: list[Reply], tracks: list[Track]) -> None:
    """Watch all messages at once, each on its track."""
    free_tracks = iter(tracks)
    async with TaskGroup() as readers:
        for reply in replies:
            async for message in reply:
                readers.create_task(follow(message, next(free_tracks)))


async def follow(message: MessagePromise[AssistantMessage], track: Track) -> None:
    """Note when each token comes: one more reader of the promise, who is in nobody's way."""
    track.begin()
    async for token in message:
        track.note(token)
    track.end()


def progress_display(console: Console, tracks: list[Track]) -> AbstractContextManager[object]:
    """What goes on, live, where there is a terminal to draw it on."""
    if not console.is_terminal:
        return nullcontext()
    return Live(
        get_renderable=lambda: Group(*map(progress_line, tracks, COLOURS)), console=console, refresh_per_second=12
    )


def progress_line(track: Track, colour: str) -> Text:
    """An agent, how far it is, and the last words that it has said."""
    state = "✓" if track.ended else "▶" if track.times else "…" if track.begun else " "
    line = Text(no_wrap=True, overflow="ellipsis")
    line.append(f"{track.name:>10} {state} ", style=f"bold {colour}")
    line.append(f"{len(track.times):3d} tokens  ", style="dim")
    return line.append(" ".join("".join(track.tokens).split())[-50:])


async def replay(console: Console, reply: Reply, tracks: list[Track]) -> None:
    """Read the tokens again: they are those that the first reader saw, and no model is asked for them."""
    begun = time.perf_counter()
    tokens = [token async for message in reply async for token in message]
    milliseconds = (time.perf_counter() - begun) * 1000
    first_time = [token for track in tracks[:-1] for token in track.tokens]
    assert tokens == first_time
    console.print(f"{len(tokens)} tokens, the same as before, in {milliseconds:.2f} ms\n", highlight=False)


def timeline(tracks: list[Track], width: int) -> Text:
    """A row for each track: dots while it waits for its first token, then the higher the more tokens came."""
    begin = min(track.begun for track in tracks if track.begun is not None)
    seconds = max(track.ended for track in tracks if track.ended is not None) - begin
    columns = max(20, min(width, 100) - NAME_WIDTH - FIGURES_WIDTH)
    picture = Text()
    for track, colour in zip(tracks, COLOURS, strict=True):
        picture.append(f"{track.name:>10} ", style="bold")
        picture.append(row_of(track, begin, seconds / columns, columns), style=colour)
        picture.append(f" {figures_of(track)}\n", style="dim")
    picture.append(f"{'':>10} {axis_of(seconds, columns)}\n", style="dim")
    picture.append(f"{'':>10} · waits for its first token   {LEVELS} from few to many tokens", style="dim")
    return picture


def row_of(track: Track, begin: float, slot_s: float, columns: int) -> str:
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


def figures_of(track: Track) -> str:
    if not track.times or track.begun is None or track.ended is None:
        return "nothing"
    return f"{len(track.times):4d} tokens {track.ended - track.begun:5.1f} s"


def axis_of(seconds: float, columns: int) -> str:
    right = f"{seconds:.1f} s"
    return f"0 s{'─' * (columns - 3 - len(right))}{right}"


if __name__ == "__main__":
    try:
        MiniAgents().run(main(Console()))
    except KeyboardInterrupt:
        sys.exit(130)
