"""Texts as vectors, by OpenAI's embeddings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from miniagents.agents import InteractionContext, MiniAgent, miniagent
from miniagents.ext.llms.allowance import Allowance
from miniagents.ext.llms.messages import EmbeddingMessage
from miniagents.ext.llms.openai import OpenAIEndpoint
from miniagents.ext.llms.sdk import arguments_for
from miniagents.messages import Message

if TYPE_CHECKING:
    from openai.types import Embedding


BYTES_PER_TEXT: Final = 1024 * 1024
"""What the embedding of one text may take; one of 4096 numbers takes a tenth of it."""


class OpenAIEmbedding(OpenAIEndpoint, extra="allow"):
    """Replies to each message with its embedding, in order; one request for all of them."""

    ctx: InteractionContext[Message, EmbeddingMessage]
    model: str

    async def __call__(self) -> None:
        """Ask for the embeddings and reply with them."""
        texts = [str(message) for message in await self.ctx.message_promises]
        if not texts:
            raise ValueError(f"{self.ctx.this_agent.alias} was sent no message: there is nothing to embed")
        vectors = await self._vectors(texts)
        self.ctx.reply(
            [
                EmbeddingMessage(text, embedding=tuple(vector), model=self.model)
                for text, vector in zip(texts, vectors, strict=True)
            ]
        )

    async def _vectors(self, texts: list[str]) -> list[list[float]]:
        embeddings = (await self.client(self.ctx.this_agent.alias)).embeddings
        asked: dict[str, Any] = {"model": self.model, "input": texts, **(self.model_extra or {})}
        allowance = Allowance(BYTES_PER_TEXT * (len(texts) + 1))
        with allowance.applied(lambda: self._too_much(len(texts))):
            answer = await embeddings.create(**arguments_for(type(embeddings).create, asked))
        data: list[Embedding] = getattr(answer, "data", [])  # the SDK does not look at what the server really sent
        if len(data) != len(texts):
            raise ValueError(f"{self.model!r} gave {len(data)} embeddings for {len(texts)} texts")
        return [item.embedding for item in sorted(data, key=lambda item: item.index)]

    def _too_much(self, texts: int) -> ValueError:
        return ValueError(
            f"{self.ctx.this_agent.alias}: {self.model!r} sent more for {texts} texts than the {BYTES_PER_TEXT:_} "
            "bytes that an embedding may have"
        )


_as_agent = miniagent(alias="OPENAI_EMBEDDING_AGENT")
openai_embedding_agent: MiniAgent[Message, EmbeddingMessage] = _as_agent(OpenAIEmbedding)
"""The embeddings of OpenAI, or of a server that speaks its protocol, as an agent.

``openai_embedding_agent.fork(model="...")``; its parameters are the fields of `OpenAIEmbedding` and whatever embeddings
take.
"""
