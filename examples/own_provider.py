"""A provider of one's own is a class with one method; this one needs no network: it says everything backwards."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

from typing_extensions import override

from miniagents import Message, MiniAgent, MiniAgents, miniagent
from miniagents.ext.llms import AssistantMessage
from miniagents.ext.llms.chat import Chat, Turn


class BackwardsChat(Chat):
    """What `Chat` takes (``model``, ``system``, ``stream`` …), and how long to think about each word."""

    seconds_per_word: float = 0.0

    @override
    async def tokens(self, turns: list[Turn], fields: dict[str, Any]) -> AsyncGenerator[str, None]:
        words = turns[-1]["content"].split()
        for word in words:
            await asyncio.sleep(self.seconds_per_word)
            yield f"{word[::-1]} "
        # What is known of a reply besides its text becomes fields of the message.
        fields["finish_reason"] = "stop"
        fields["usage"] = {"input_tokens": len(words), "output_tokens": len(words)}


BackwardsAgent: MiniAgent[Message, AssistantMessage] = miniagent(alias="BACKWARDS_AGENT")(BackwardsChat)


async def main() -> None:
    [message] = await BackwardsAgent.inquire("Hello, how are you?", model="mirror-1", seconds_per_word=0.01)
    print(message)
    print(message.model, message.finish_reason, message.usage.output_tokens)


if __name__ == "__main__":
    MiniAgents().run(main())
