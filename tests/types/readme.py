"""The programs of the README as type checkers see them: valid in strict mode with the annotations printed there."""

import asyncio

from miniagents import InteractionContext, MiniAgents, miniagent
from miniagents.ext import AWAIT, MarkdownHistoryAgent, agent_loop, console_user_agent, dialog_loop
from miniagents.ext.llms import AnthropicAgent, AssistantMessage, OpenAIAgent, SystemMessage, UserMessage
from miniagents.messages import Message
from miniagents.miniagents import InteractionContext as SeedContext
from miniagents.miniagents import Message as SeedMessage
from miniagents.miniagents import MiniAgents as SeedMiniAgents
from miniagents.miniagents import miniagent as seed_miniagent

# --- a first agent


@miniagent
async def my_agent(ctx: InteractionContext) -> None:
    async for msg_promise in ctx.message_promises:
        ctx.reply(f"You said: {await msg_promise}")


async def first() -> None:
    async for msg_promise in my_agent.inquire(["Hello", "World"]):
        print(await msg_promise)


MiniAgents().run(first())

# --- a language model

gpt_4o_agent = OpenAIAgent.fork(model="gpt-4o-2024-05-13")


async def language_model() -> None:
    reply_sequence = gpt_4o_agent.inquire(
        "Hello, how are you?",
        system="You are a helpful assistant.",
        max_tokens=50,
        temperature=0.7,
    )
    async for msg_promise in reply_sequence:
        async for token in msg_promise:
            print(token, end="", flush=True)
        print("\n")


# --- a dialog


async def dialog() -> None:
    dialog_loop.kick_off(
        SystemMessage("Your job is to improve the styling and grammar of the sentences."),
        user_agent=console_user_agent.fork(history_agent=MarkdownHistoryAgent),
        assistant_agent=AnthropicAgent.fork(model="claude-3-5-sonnet-20240620", max_tokens=1000),
    )


MiniAgents(llm_logger_agent=True).run(dialog())

# --- a dialog from the ground up


@miniagent
async def user_agent(ctx: InteractionContext) -> None:
    async for msg_promise in ctx.message_promises:
        print("ASSISTANT: ", end="", flush=True)
        async for token in msg_promise:
            print(token, end="", flush=True)
        print()
    ctx.reply(input("USER: "))  # noqa: ASYNC250 - as printed


@miniagent
async def assistant_agent(ctx: InteractionContext) -> None:
    aggregated_message = await ctx.message_promises.as_single_promise()
    ctx.reply(f'You said "{aggregated_message}"')


async def loop() -> None:
    agent_loop.kick_off(agents=[user_agent, AWAIT, assistant_agent])


# --- replies inside replies, by the seed's import path


@seed_miniagent
async def agent1(ctx: SeedContext) -> None:
    ctx.reply("*** MESSAGE #1 from Agent 1 ***")
    ctx.reply("*** MESSAGE #2 from Agent 1 ***")


@seed_miniagent
async def agent2(ctx: SeedContext) -> None:
    ctx.reply("*** MESSAGE from Agent 2 ***")


@seed_miniagent
async def aggregator_agent(ctx: SeedContext) -> None:
    ctx.reply(
        [
            "*** AGGREGATOR MESSAGE #1 ***",
            agent1.inquire(),
            agent2.inquire(),
        ]
    )
    ctx.reply("*** AGGREGATOR MESSAGE #2 ***")


async def aggregate() -> None:
    msg_promises = aggregator_agent.inquire()
    await asyncio.sleep(1)
    async for msg_promise in msg_promises:
        message: SeedMessage = await msg_promise
        print(message)
    print("TOTAL NUMBER OF MESSAGES FROM AGGREGATOR:", len(await msg_promises))
    lazy = aggregator_agent.inquire("request", start_asap=False)
    print(await lazy)


SeedMiniAgents().run(aggregate())

# --- a call message by message


@miniagent
async def output_agent(ctx: InteractionContext) -> None:
    async for msg_promise in ctx.message_promises:
        ctx.reply(f"Echo: {await msg_promise}")


async def message_by_message() -> None:
    agent_call = output_agent.initiate_inquiry()
    agent_call.send_message("Hello")
    agent_call.send_message("World")
    reply_sequence = agent_call.reply_sequence()
    async for msg_promise in reply_sequence:
        print(await msg_promise)


# --- three ways of using the context


async def in_a_block() -> None:
    async with MiniAgents():
        ...


async def without_a_block() -> None:
    mini_agents = MiniAgents()
    mini_agents.activate()
    try:
        ...
    finally:
        await mini_agents.afinalize()


# --- messages

user_message = UserMessage("Hello!")
system_message = SystemMessage("System message")
assistant_message = AssistantMessage("Assistant message")


class CustomMessage(Message):
    custom_field: str


message = CustomMessage("Hello", custom_field="Custom Value")
print(message.content)
print(message.custom_field)

# --- persistence; for mypy's strict mode, the parameter that the seed leaves bare needs its annotation

mini_agents = MiniAgents()


@mini_agents.on_persist_message
async def persist_message(_, message: Message) -> None:  # E: no-untyped-def
    print(f"Persisting message with hash key: {message.hash_key}")


@mini_agents.on_persist_message
async def persist_message_too(_: object, message: Message) -> None:
    print(f"Persisting message with hash key: {message.hash_key}")
