"""An agent that writes messages to a file."""

from pathlib import Path

import pytest

from miniagents import Message, MiniAgents
from miniagents.ext import file_output_agent
from miniagents.messages import MessageTokenAppender


async def test_row_25_the_tokens_are_written_and_the_messages_passed_on(tmp_path: Path) -> None:
    file = tmp_path / "new" / "out.txt"
    message = Message("one\r\n", role="user")
    async with MiniAgents():
        assert (await file_output_agent.inquire([message, "two\u2028ü"], file=file))[0] is message
    assert file.read_bytes() == "one\r\ntwo\u2028ü".encode()


async def test_row_25_a_token_is_in_the_file_before_the_message_ends(tmp_path: Path) -> None:
    file = tmp_path / "out.txt"
    async with MiniAgents():
        with MessageTokenAppender() as tokens:
            reply = file_output_agent.inquire(Message.promise(message_token_streamer=tokens), file=str(file))
            tokens.append("to")
            while not (file.exists() and file.read_text() == "to"):
                await anext(aiter((await anext(aiter(reply))).batches()))
            tokens.append("ken")
        assert str((await reply)[0]) == "token"


@pytest.mark.parametrize(("append", "expected"), [(False, "new"), (True, "old new")])
async def test_row_25_append_keeps_what_is_there(tmp_path: Path, append: bool, expected: str) -> None:
    file = tmp_path / "out.txt"
    file.write_text("old ")
    async with MiniAgents():
        await file_output_agent.inquire("new", file=file, append=append)
    assert file.read_text() == expected


async def test_row_25_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    async with MiniAgents():
        with pytest.raises(IsADirectoryError, match=tmp_path.name):
            await file_output_agent.inquire("new", file=tmp_path)
