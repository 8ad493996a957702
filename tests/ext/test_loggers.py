"""`markdown_llm_logger_agent`: what its files hold, whatever the messages say and however a response ends."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from typing_extensions import override

from miniagents import InteractionContext, Message, MiniAgents, miniagent
from miniagents.ext import loggers
from miniagents.ext.llms import AssistantMessage, UserMessage
from miniagents.ext.llms.chat import Chat
from miniagents.ext.loggers import markdown_llm_logger_agent


class EchoChat(Chat):
    """A model that says what it is told, word by word, and breaks off at the word "break"."""

    @override
    async def tokens(self, turns: list[dict[str, str]], fields: dict[str, Any]) -> Any:
        for word in re.findall(r"\S*\s*", turns[-1]["content"]):
            if word.strip() == "break":
                raise ConnectionError("the line is dead")
            if word.strip() == "wait":
                await asyncio.Event().wait()
            yield word
        fields["finish_reason"] = "stop"


echo = miniagent(alias="ECHO")(EchoChat).fork(model="e")


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def logs(folder: str = "llm_logs") -> list[str]:
    return [path.read_text(encoding="utf-8") for path in sorted(Path(folder).iterdir())]


def names_of_logs() -> list[str]:
    return sorted(path.name for path in Path().glob("llm_logs/*"))


async def test_row_21_each_request_is_in_a_file_of_its_own_with_its_response() -> None:
    async with MiniAgents(llm_logger_agent=True):
        await echo.inquire("one two", system="Be brief", temperature=0.5)
        await echo.inquire("three")
    first, second = logs()
    assert re.fullmatch(
        r"# ECHO, \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d\n"
        r'\n- model: "e"\n- parameters: \{"temperature":0\.5\}\n'
        r"\n## system\n\n> Be brief\n"
        r"\n## user\n\n> one two\n"
        r"\n## assistant\n\n> one two\n"
        r'\n- finish_reason: "stop"\n- usage: \{"input_tokens":null,"output_tokens":null\}\n',
        first,
    )
    assert "three" in second


async def test_row_21_the_name_of_a_file_is_the_time_and_the_agent() -> None:
    async with MiniAgents(llm_logger_agent=True):
        await echo.fork(alias="../Ø evil\n name").inquire("a")
    [name] = names_of_logs()
    assert re.fullmatch(r"\d{8}_\d{6}_\d{6}___evil_name\.md", name)


async def test_row_21_an_agent_of_ones_own_gets_the_request_and_the_response() -> None:
    said: list[Any] = []

    @miniagent
    async def logger(ctx: InteractionContext) -> None:
        said.append(ctx.this_agent.interaction_metadata.as_kwargs()["agent_alias"])
        said.extend([str(message) for message in await ctx.message_promises])

    async with MiniAgents(llm_logger_agent=logger):
        await echo.inquire(["a", "b"])
    assert said == ["ECHO", "a", "b", "b"]


async def test_row_21_nothing_is_logged_unless_asked_for() -> None:
    async with MiniAgents():
        await echo.inquire("a")
    assert not names_of_logs()


async def test_the_folder_is_a_parameter() -> None:
    async with MiniAgents(llm_logger_agent=markdown_llm_logger_agent.fork(log_folder="deep/er")):
        await echo.inquire("a")
    assert len(logs("deep/er")) == 1


async def test_requests_of_the_same_moment_have_different_names(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = datetime.fromisoformat("2025-01-02T03:04:05+00:00")
    monkeypatch.setattr(loggers, "_now", lambda: moment)
    async with MiniAgents(llm_logger_agent=True):
        await (echo & echo & echo).inquire("a")
    names = names_of_logs()
    stem = "20250102_030405_000000__ECHO"
    assert names == [f"{stem}.md", f"{stem}__1.md", f"{stem}__2.md"]


@pytest.mark.parametrize(
    ("content", "quoted"),
    [
        ("# a\n\n## user\n> b", "> # a\n> \n> ## user\n> > b\n"),
        ("```\n## assistant", "> ```\n> ## assistant\n"),
        ("a\r\nb\rc", "> a\n> b\n> c\n"),
        ("a\n\n", "> a\n> \n> \n"),
        ("\x1b[2J\x00\x9b", "> \\x1b[2J\\x00\\x9b\n"),
        ("\u2028tab\tend\u202e", "> \\u2028tab\tend\\u202e\n"),
    ],
)
async def test_no_content_is_taken_for_a_part_of_the_log(content: str, quoted: str) -> None:
    async with MiniAgents():
        await markdown_llm_logger_agent.inquire(UserMessage(content))
    assert logs()[0].partition("## user\n\n")[2] == quoted


async def test_a_line_end_in_two_tokens_is_one() -> None:
    async def streamer(_: dict[str, Any]) -> AsyncIterator[str]:
        yield "a\r"
        yield "\nb"

    async with MiniAgents():
        await markdown_llm_logger_agent.inquire(Message.promise(message_token_streamer=streamer))
    assert logs()[0].endswith("\n\n> a\n> b\n")


async def test_a_role_cannot_begin_a_heading_of_its_own() -> None:
    async with MiniAgents():
        await markdown_llm_logger_agent.inquire(UserMessage("a", role="x\n# <b>\x1b"))
    assert "\n## x\\n# &lt;b>\\x1b\n" in logs()[0]


async def test_an_error_stands_after_what_came_before_it() -> None:
    async with MiniAgents(llm_logger_agent=True):
        with pytest.raises(ConnectionError):
            await echo.inquire("one break")
    assert logs()[0].endswith("\n## assistant\n\n> one \n\n## error\n\n> ConnectionError: the line is dead\n")


async def test_an_error_in_the_log_is_raised_all_the_same_if_nobody_else_observes_it() -> None:
    with pytest.raises(ExceptionGroup) as caught:
        async with MiniAgents(llm_logger_agent=True):
            echo.inquire("one break").subscribe()
    assert caught.group_contains(ConnectionError)
    assert "> ConnectionError: the line is dead\n" in logs()[0]


async def test_a_cancelled_response_is_logged_as_far_as_it_came() -> None:
    async with MiniAgents(llm_logger_agent=True), echo.inquire("one wait") as reply:
        await anext(aiter(await anext(aiter(reply))))
    assert logs()[0].endswith("\n## assistant\n\n> one \n\n## cancelled\n")


async def test_what_is_stopped_with_the_context_is_logged_as_far_as_it_came() -> None:
    with pytest.raises(KeyError):
        async with MiniAgents(llm_logger_agent=True):
            reply = echo.inquire("one wait")
            await anext(aiter(await anext(aiter(reply))))
            await asyncio.sleep(0)
            raise KeyError
    assert "\n> one \n\n## cancelled\n" in logs()[0]


async def test_a_folder_that_cannot_be_written_to_is_an_error_when_the_context_closes(tmp_path: Path) -> None:
    (tmp_path / "llm_logs").write_text("a file")
    with pytest.raises(ExceptionGroup) as caught:
        async with MiniAgents(llm_logger_agent=True):
            assert str((await echo.inquire("a"))[0]) == "a"
    assert caught.group_contains(FileExistsError)


async def test_the_response_of_a_logged_request_is_the_same_message() -> None:
    async with MiniAgents(llm_logger_agent=True):
        [message] = await echo.inquire("a b")
    assert isinstance(message, AssistantMessage)
    assert message.content == "a b"
