"""Other libraries on the same work; each module is imported in an environment that has that library and nothing else.

Only `original` and `rx` replay a live stream; the streams of the others can be read once. What a library has no means
for, its module leaves out.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Peer:
    """A library, pinned, and the module that measures it."""

    name: str
    module: str
    requirement: str


PEERS = (
    Peer("miniagents 0.0.35", "benchmarks.peers.original", "miniagents==0.0.35"),
    Peer("reactivex", "benchmarks.peers.rx", "reactivex==6.1.0"),
    Peer("aiostream", "benchmarks.peers.aiostreams", "aiostream==0.8.1"),
    Peer("genai-processors", "benchmarks.peers.genai", "genai-processors==2.0.3"),
    Peer("langchain-core", "benchmarks.peers.langchain", "langchain-core==1.7.2"),
    Peer("openai-agents", "benchmarks.peers.openai_agents", "openai-agents==0.24.0"),
    Peer("pydantic-ai", "benchmarks.peers.pydantic_agents", "pydantic-ai-slim==2.68.0"),
)
