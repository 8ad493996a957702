"""One question to a model of OpenAI, token by token; needs ``OPENAI_API_KEY``."""

from miniagents import MiniAgents
from miniagents.ext.llms import OpenAIAgent

# A fork is the same agent with some parameters set; they can also be given to `inquire` each time.
gpt_4o_agent = OpenAIAgent.fork(model="gpt-4o-2024-05-13")


async def main() -> None:
    reply_sequence = gpt_4o_agent.inquire(
        "Hello, how are you?",
        system="You are a helpful assistant.",
        max_tokens=50,
        temperature=0.7,
    )
    async for msg_promise in reply_sequence:
        async for token in msg_promise:
            print(token, end="", flush=True)
        print("\n")  # an empty line after each message, though this agent replies with one


if __name__ == "__main__":
    MiniAgents().run(main())
