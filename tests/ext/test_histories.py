"""Agents that remember a conversation."""

import os
import sys
import tracemalloc
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miniagents import Message, MiniAgent, MiniAgents
from miniagents.ext import MarkdownHistoryAgent, in_memory_history_agent
from miniagents.ext.history_file import MAX_BYTES, read_text
from miniagents.ext.llms.messages import AssistantMessage, SystemMessage, UserMessage


def put(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def text_in(path: Path) -> str:
    return path.read_bytes().decode(errors="replace")


def is_there(path: Path) -> bool:
    return path.exists()


async def texts_of(sequence: Any) -> list[str]:
    return [str(message) for message in await sequence]


# --- in memory


async def test_row_20_the_reply_is_all_that_was_ever_sent() -> None:
    async with MiniAgents():
        assert await texts_of(in_memory_history_agent.inquire(["a", "b"])) == ["a", "b"]
        assert await texts_of(in_memory_history_agent.inquire("c")) == ["a", "b", "c"]


async def test_row_20_a_fork_with_a_list_fills_that_list() -> None:
    messages: list[Message] = [Message("old")]
    async with MiniAgents():
        remembers = in_memory_history_agent.fork(mutable_state={"message_list": messages})
        assert await texts_of(remembers.inquire("new")) == ["old", "new"]
        assert await texts_of(in_memory_history_agent.inquire("other")) == ["other"]
    assert [str(message) for message in messages] == ["old", "new"]


async def test_row_20_a_fork_with_another_parameter_works() -> None:
    async with MiniAgents():
        whole = in_memory_history_agent.fork(return_full_history=True)
        await whole.inquire("a")
        assert await texts_of(whole.inquire("b")) == ["a", "b"]
        assert await texts_of(whole.fork(return_full_history=False).inquire("c")) == ["c"]
        assert await texts_of(whole.inquire()) == ["a", "b", "c"]


async def test_row_20_messages_before_a_failed_one_are_remembered() -> None:
    messages: list[Message] = []
    async with MiniAgents():
        with pytest.raises(ValueError, match="broken"):
            await in_memory_history_agent.inquire(["a", ValueError("broken")], message_list=messages)
    assert [str(message) for message in messages] == ["a"]


# --- in a markdown file


@pytest.fixture
def chat(tmp_path: Path) -> Path:
    return tmp_path / "CHAT.md"


@pytest.fixture
def history(chat: Path) -> MiniAgent[Any, Any]:
    return MarkdownHistoryAgent.fork(history_md_file=chat)


DIALOG = [SystemMessage("be kind"), UserMessage("hi"), AssistantMessage("hello\n\n"), Message("...", role="critic")]


def test_row_19_earlier_runs_are_read_again(history: MiniAgent[Any, Any]) -> None:
    async def run(*messages: Message) -> list[tuple[type, str, str]]:
        replies = await history.inquire(messages)
        return [(type(reply), str(reply), reply["role"]) for reply in replies]

    first = MiniAgents().run(run(*DIALOG))
    assert MiniAgents().run(run()) == first
    assert first == [(type(message), message.content, message["role"]) for message in DIALOG]


def test_row_19_the_file_is_chat_md_in_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        await MarkdownHistoryAgent.inquire(UserMessage("hi"))

    monkeypatch.chdir(tmp_path)
    MiniAgents().run(main())
    assert (tmp_path / "CHAT.md").read_text() == f"user\n{'=' * 40}\nhi\n"


async def test_row_19_a_message_in_the_reply_is_in_the_file(history: MiniAgent[Any, Any], chat: Path) -> None:
    async with MiniAgents():
        async for promise in history.inquire(DIALOG):
            assert (await promise).content.strip() in text_in(chat)


async def test_row_19_a_message_without_a_role_has_the_default_role(history: MiniAgent[Any, Any], chat: Path) -> None:
    async with MiniAgents():
        await history.inquire(["reply", Message("odd", role="two words")], default_role="tool")
    assert text_in(chat).count("tool\n===") == 2


async def test_row_19_text_by_hand_without_a_last_newline_stays_apart(history: MiniAgent[Any, Any], chat: Path) -> None:
    put(chat, b"\xef\xbb\xbfUSER\r\n=====\r\nhi")
    async with MiniAgents():
        assert await texts_of(history.inquire(AssistantMessage("hello"))) == ["hi", "hello"]
        assert await texts_of(history.inquire()) == ["hi", "hello"]


@settings(max_examples=50)
@given(
    st.lists(st.text(st.sampled_from("user\n\n\\=\r\0\u2028`#-é ")) | st.text(st.characters(exclude_categories=["Cs"])))
)
async def test_row_19_any_content_survives_the_file(contents: list[str]) -> None:
    with TemporaryDirectory() as folder:
        history = MarkdownHistoryAgent.fork(history_md_file=f"{folder}/CHAT.md", skip_empty=False)
        async with MiniAgents():
            for content in contents:
                await history.inquire(UserMessage(content))
            assert await texts_of(history.inquire()) == contents


async def test_row_19_append_false_begins_anew_once_in_a_context(history: MiniAgent[Any, Any], chat: Path) -> None:
    put(chat, b"user\n====\nold\n")
    anew = history.fork(append=False)
    async with MiniAgents():
        assert await texts_of(anew.inquire("a")) == ["a"]
        assert await texts_of(anew.inquire("b")) == ["a", "b"]


@pytest.mark.parametrize(("skip_empty", "kept"), [(True, ["a"]), (False, ["", "a", " \n"])])
async def test_row_19_skip_empty_leaves_out_blank_messages(
    history: MiniAgent[Any, Any], skip_empty: bool, kept: list[str]
) -> None:
    async with MiniAgents():
        assert await texts_of(history.inquire(["", "a", " \n"], skip_empty=skip_empty)) == kept
        assert await texts_of(history.inquire()) == kept


async def test_row_19_no_history_passes_messages_on_unwritten(history: MiniAgent[Any, Any], chat: Path) -> None:
    async with MiniAgents():
        assert await texts_of(history.inquire("a", no_history=True)) == ["a"]
        assert not is_there(chat)
        assert await texts_of(history.inquire([Message("b", no_history=True), "c"])) == ["b", "c"]
        assert await texts_of(history.inquire()) == ["c"]


async def test_row_19_without_the_full_history_the_reply_is_this_round(history: MiniAgent[Any, Any]) -> None:
    async with MiniAgents():
        await history.inquire("a")
        assert await texts_of(history.inquire("b", return_full_history=False)) == ["b"]
        assert await texts_of(history.inquire()) == ["a", "b"]


async def test_row_19_a_file_that_was_replaced_is_appended_to(history: MiniAgent[Any, Any], chat: Path) -> None:
    async with MiniAgents():
        await history.inquire("a")
        edited = chat.with_suffix(".new")
        edited.write_text("user\n====\nedited\n")
        edited.replace(chat)
        assert await texts_of(history.inquire("b")) == ["edited", "b"]


@pytest.mark.parametrize("torn", ["é".encode()[:1], "👩".encode()[:3]])
async def test_row_19_a_character_cut_off_by_a_crash_is_dropped(
    history: MiniAgent[Any, Any], chat: Path, torn: bytes
) -> None:
    put(chat, b"user\n====\nhi" + torn)
    async with MiniAgents():
        assert await texts_of(history.inquire("b")) == ["hi", "b"]
    assert "hi\n\nassistant\n" in text_in(chat)


# --- what is wrong with a file is said


async def test_row_19_a_file_that_is_not_utf8_is_named(history: MiniAgent[Any, Any], chat: Path) -> None:
    put(chat, "user\n====\nné".encode("latin-1") + b"e\n")
    async with MiniAgents():
        with pytest.raises(ValueError, match=r"CHAT\.md' is not UTF-8 \(byte 0xe9 at 11\): save it as UTF-8, or give"):
            await history.inquire("a")


@pytest.mark.parametrize("path", [".", "file/CHAT.md"])
async def test_row_19_a_file_that_cannot_be_written_is_named(tmp_path: Path, path: str) -> None:
    (tmp_path / "file").touch()
    async with MiniAgents():
        with pytest.raises(OSError, match=r"cannot be written \(.*\): give the history a file of its own: Markdown"):
            await MarkdownHistoryAgent.inquire("a", history_md_file=tmp_path / path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
async def test_row_19_a_file_without_permission_is_named(history: MiniAgent[Any, Any], chat: Path) -> None:
    put(chat, b"")
    os.chmod(chat, 0o444)
    async with MiniAgents():
        with pytest.raises(PermissionError, match=r"CHAT\.md' cannot be written"):
            await history.inquire("a")


# --- a file has its size


async def test_a_file_that_is_too_large_is_named_with_its_size_and_the_limit(
    history: MiniAgent[Any, Any], chat: Path
) -> None:
    put(chat, b"user\n====\n" + b"x" * 1000)
    async with MiniAgents():
        with pytest.raises(
            OSError, match=r"CHAT\.md' comes to 1_010 bytes, and the limit is max_bytes=1_009: give .*fork\(max_bytes="
        ):
            await history.inquire("a", max_bytes=1009)
        assert len(await history.inquire(max_bytes=1010)) == 1


def test_of_a_file_that_is_too_large_nothing_is_read(chat: Path) -> None:
    chat.touch()
    os.truncate(chat, MAX_BYTES + 1)
    tracemalloc.start()
    try:
        with pytest.raises(OSError, match=r"comes to 16_777_217 bytes"):
            read_text(chat)
        assert tracemalloc.get_traced_memory()[1] < MAX_BYTES / 10
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("return_full_history", [True, False])
async def test_a_message_that_would_make_the_file_too_large_is_not_written(
    history: MiniAgent[Any, Any], chat: Path, return_full_history: bool
) -> None:
    limited = history.fork(max_bytes=200, return_full_history=return_full_history)
    async with MiniAgents():
        await limited.inquire(["a", "b"])
        before = text_in(chat)
        with pytest.raises(OSError, match=r"CHAT\.md' comes to 2_\d+ bytes, and the limit is max_bytes=200"):
            await limited.inquire("x" * 2000)
        assert text_in(chat) == before
        assert await texts_of(limited.inquire("c", return_full_history=True)) == ["a", "b", "c"]


async def test_messages_before_one_that_does_not_fit_are_in_the_reply_and_in_the_file(
    history: MiniAgent[Any, Any],
) -> None:
    async with MiniAgents():
        reply = history.inquire(["a", "x" * 2000, "b"], max_bytes=200)
        assert str(await (await anext(aiter(reply)))) == "a"
        with pytest.raises(OSError, match="max_bytes=200"):
            await reply
        assert await texts_of(history.inquire()) == ["a"]


async def test_a_file_that_begins_anew_may_have_been_too_large(history: MiniAgent[Any, Any], chat: Path) -> None:
    put(chat, b"x" * 1000)
    async with MiniAgents():
        assert await texts_of(history.inquire("a", append=False, max_bytes=200)) == ["a"]


def test_what_is_appended_while_the_file_is_read_is_left_out(chat: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(chat, b"user\n====\nhi\n")
    asked = os.fstat

    def growing(descriptor: int) -> os.stat_result:
        found = asked(descriptor)
        with chat.open("ab") as other:
            other.write(b"x" * 1000)
        return found

    monkeypatch.setattr(os, "fstat", growing)
    assert len(read_text(chat, max_bytes=3000)) == 1013


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such files")
@pytest.mark.parametrize("no_history", [True, False])
async def test_a_file_without_a_size_is_refused(tmp_path: Path, no_history: bool) -> None:
    os.mkfifo(tmp_path / "pipe")
    async with MiniAgents():
        for path in (tmp_path / "pipe", Path("/dev/zero")):
            with pytest.raises(
                OSError, match=rf"{path.name}' cannot be .* \(it is no regular file\): give the history"
            ):
                await MarkdownHistoryAgent.inquire("a", history_md_file=path, no_history=no_history)
