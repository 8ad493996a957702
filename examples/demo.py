"""Four agents talk to a language model at once; a fifth finds a title for what they say. Run it by ``make demo``.

The model runs on this machine, without a key. ``PROVIDER=openai make demo`` asks OpenAI instead (``OPENAI_API_KEY``),
``PROVIDER=anthropic`` asks Anthropic; ``MODEL`` names another model of theirs.
"""

import os
import sys
import time
from asyncio import TaskGroup
from collections.abc import Callable

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text
from timeline import Track, timeline

from miniagents import InteractionContext, Message, MessagePromise, MiniAgent, MiniAgents, miniagent
from miniagents.ext.llms import AnthropicAgent, AssistantMessage, LocalLLMAgent, OpenAIAgent

TOPIC = "the sea"
TASKS = {
    "POET": "Write a poem of four lines about",
    "SCIENTIST": "Explain in three sentences what is most interesting about",
    "COOK": "Describe in three sentences a simple dish that tastes of",
    "TRAVELLER": "Write a postcard of three sentences from",
}
MAX_TOKENS = 90
COLOURS = ("cyan", "green", "yellow", "magenta", "blue")

Writer = MiniAgent[Message, AssistantMessage]
Redraw = Callable[[], object]


def model_agent() -> Writer:
    """The agent of the provider that was asked for; a key in the environment alone changes nothing."""
    match os.environ.get("PROVIDER", "local"):
        case "local":
            return LocalLLMAgent.fork(max_tokens=MAX_TOKENS, seed=7, temperature=0.6)
        case "openai":
            return OpenAIAgent.fork(max_tokens=MAX_TOKENS, model=os.environ.get("MODEL", "gpt-4o-mini"))
        case "anthropic":
            return AnthropicAgent.fork(max_tokens=MAX_TOKENS, model=os.environ.get("MODEL", "claude-haiku-4-5"))
        case other:
            sys.exit(f"PROVIDER={other!r}: it is local, openai or anthropic")


@miniagent
async def writer(ctx: InteractionContext[Message, AssistantMessage], llm: Writer, task: str) -> None:
    """Asks the model to do a task on the topic that it is sent."""
    topic = await ctx.message_promises.as_single_promise()
    ctx.reply(llm.inquire(f"{task} {topic}."))


@miniagent
async def editor(ctx: InteractionContext[Message, AssistantMessage], llm: Writer) -> None:
    """Asks the model for a title once it has read everything that was written."""
    texts = await ctx.message_promises.as_single_promise()
    ctx.reply(llm.inquire(f"{texts}\n\nGive this collection a title of at most six words.", max_tokens=16))


async def follow(message: MessagePromise[AssistantMessage], track: Track, redraw: Redraw) -> None:
    """Note the time of every token of ``message``: one more reader, who is in nobody's way."""
    track.begin()
    async for token in message:
        track.note(token)
        redraw()
    track.end()


def progress(tracks: list[Track]) -> Group:
    """A line for each agent, with the end of what it has said so far."""
    lines = [Text(no_wrap=True, overflow="ellipsis") for _ in tracks]
    for line, track, colour in zip(lines, tracks, COLOURS, strict=True):
        line.append(f"{track.name:>10} ", style=f"bold {colour}")
        line.append("✓ " if track.ended else "… " if track.begun else "  ")
        line.append(f"{len(track.times):3d} tokens  ", style="dim")
        line.append(" ".join("".join(track.tokens)[-200:].split())[-60:])
    return Group(*lines)


def show(console: Console, message: str, track: Track, colour: str) -> None:
    console.print(Text(f"\n{track.name}", style=f"bold {colour}"))
    console.print(Text(message.strip()))


async def main(console: Console) -> None:
    llm = model_agent()
    tracks = [Track(name) for name in (*TASKS, "EDITOR")]
    first, *others = [writer.fork(alias=name, llm=llm, task=task) for name, task in TASKS.items()]
    everyone = first & others[0] & others[1] & others[2]

    console.rule(f"{len(TASKS)} agents write about {TOPIC}, all at once")
    reply = everyone.inquire(TOPIC)  # it has begun to run by the time anybody looks
    title = editor.inquire(reply, llm=llm)  # gets the very same promise, and waits for all of it
    with Live(get_renderable=lambda: progress(tracks), console=console, transient=not console.is_terminal) as live:
        async with TaskGroup() as readers:
            at = iter(tracks)
            for sequence in (reply, title):
                async for message in sequence:
                    readers.create_task(follow(message, next(at), lambda: None))
        live.refresh()

    console.rule("One reply, in the order in which the agents were named")
    for message, track, colour in zip((*await reply, *await title), tracks, COLOURS, strict=True):
        show(console, str(message), track, colour)

    await replay(console, reply, tracks)
    console.rule("Who ran when")
    console.print(timeline(tracks, COLOURS, console.width))


async def replay(console: Console, reply: object, tracks: list[Track]) -> None:
    ...


if __name__ == "__main__":
    MiniAgents().run(main(Console()))
