"""The console agents where stdin or stdout is no terminal."""

import asyncio
import io
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest

from miniagents import Message, MessageType, MiniAgents
from miniagents.ext import console_input_agent, console_output_agent, console_user_agent, user_agent
from miniagents.ext.visible import visible
from tests.ext.console.test_on_terminal import DIALOG, GREETING
from tests.ext.terminal import child_environment


def dialog(stdin: bytes) -> "subprocess.CompletedProcess[bytes]":
    command = [sys.executable, "-c", DIALOG.format(without=False, times=1)]
    return subprocess.run(command, input=stdin, capture_output=True, env=child_environment(), check=False)


@pytest.mark.parametrize("end", [b"", b"exit\n", b"exit", b" EXIT \n"])
def test_row_16_a_piped_dialog_is_plain_text(end: bytes) -> None:
    done = dialog(b"hi\none\0two\n" + end)
    said = "USER: \nECHO_AGENT: You said 'hi'\n\nUSER: \nECHO_AGENT: You said 'one\\ntwo'\n\nUSER: "
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode().replace("USER: \nTHE END", "USER: THE END") == f"{GREETING}{said}THE END\n"


def test_row_16_prompt_toolkit_is_not_loaded_without_a_terminal() -> None:
    code = DIALOG.format(without=False, times=1) + "import sys; print('prompt_toolkit' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], input=b"", stdout=-1, env=child_environment(), check=True)
    assert done.stdout.endswith(b"THE END\nFalse\n")


def test_row_16_sigint_ends_a_dialog_that_waits_for_a_pipe() -> None:
    command = [sys.executable, "-c", DIALOG.format(without=False, times=1)]
    with subprocess.Popen(command, stdin=-1, stdout=-1, stderr=-1, env=child_environment()) as process:
        assert process.stdin is not None and process.stdout is not None and process.stderr is not None
        output = b""
        while not output.endswith(b"USER: "):
            output += process.stdout.read1()  # type: ignore[attr-defined]  # a BufferedReader, which typeshed hides
        process.send_signal(signal.SIGINT)
        assert process.stdout.read() == b"\nTHE END\n"
        assert (process.wait(), process.stderr.read()) == (0, b"")


def test_row_16_a_closed_stdin_ends_quietly() -> None:
    code = "import sys; sys.stdin.close()\n" + DIALOG.format(without=False, times=1)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, env=child_environment(), check=True)
    assert done.stdout.endswith(b"THE END\n")


async def test_row_16_the_input_agent_is_transparent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builtins.input", lambda prompt: f"typed at {prompt}")
    async with MiniAgents():
        replies = await console_input_agent.inquire(["a", "b"])
    assert [str(reply) for reply in replies] == ["a", "b", "typed at USER: "]
    assert replies[-1]["role"] == "user"


@pytest.mark.parametrize(("messages", "greeting", "greeted"), [([], "HI", True), ("a", "HI", False), ([], "", False)])
async def test_row_16_only_an_empty_conversation_is_greeted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], messages: Any, greeting: str, greeted: bool
) -> None:
    monkeypatch.setattr("builtins.input", lambda _: "x")
    async with MiniAgents():
        await console_input_agent.inquire(messages, greeting=greeting)
    assert capsys.readouterr().out.startswith("HI\n\nPress Enter") == greeted


@pytest.mark.parametrize("leave", [KeyboardInterrupt, EOFError])
async def test_row_16_leaving_is_a_keyboard_interrupt(
    monkeypatch: pytest.MonkeyPatch, leave: type[BaseException]
) -> None:
    def ask(_: str) -> str:
        raise leave

    monkeypatch.setattr("builtins.input", ask)
    async with MiniAgents():
        with pytest.raises(KeyboardInterrupt):
            await console_input_agent.inquire("a")


async def test_row_16_a_line_for_somebody_who_has_left_goes_to_who_comes_next(monkeypatch: pytest.MonkeyPatch) -> None:
    typed = threading.Event()

    def ask(_: str) -> str:
        typed.wait()
        return "hi"

    monkeypatch.setattr("builtins.input", ask)
    async with MiniAgents():
        async with console_input_agent.inquire("a") as left:
            first = await anext(aiter(left))
            assert str(await first) == "a"
            await asyncio.sleep(0)
        typed.set()
        monkeypatch.setattr("builtins.input", lambda _: "something else")
        assert str((await console_input_agent.inquire("a"))[-1]) == "hi"


async def test_row_17_messages_are_printed_behind_their_alias(capsys: pytest.CaptureFixture[str]) -> None:
    messages: list[MessageType] = [Message("one", agent_alias="GPT"), Message("two", role="critic"), "three"]
    async with MiniAgents():
        replies = await console_output_agent.inquire(messages)
    assert [str(reply) for reply in replies] == ["one", "two", "three"]
    assert capsys.readouterr().out == "GPT: one\n\nCRITIC: two\n\nASSISTANT: three\n\n"


async def test_row_17_tokens_are_printed_as_they_come(capsys: pytest.CaptureFixture[str]) -> None:
    printed = ""

    async def tokens(_: dict[str, Any]) -> AsyncIterator[str]:
        nonlocal printed
        for token in ("to", "ken"):
            yield token
            while not printed.endswith(token):
                await asyncio.sleep(0)
                printed += capsys.readouterr().out

    async with MiniAgents():
        await console_output_agent.inquire(Message.promise(message_token_streamer=tokens))
    assert printed == "ASSISTANT: token"


async def test_row_17_without_aliases_there_is_only_text(capsys: pytest.CaptureFixture[str]) -> None:
    async with MiniAgents():
        await console_output_agent.inquire("a", mention_aliases=False)
    assert capsys.readouterr().out == "a\n\n"


async def test_row_17_an_alias_cannot_control_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    async with MiniAgents():
        await console_output_agent.inquire(Message("a", agent_alias="\x1b[2J\nUSER"))
    assert capsys.readouterr().out == "\\x1b[2J USER: a\n\n"


async def test_row_17_what_the_encoding_lacks_is_written_out(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(raw, encoding="ascii"))
    async with MiniAgents():
        await console_output_agent.inquire("é€")
    assert raw.getvalue() == b"ASSISTANT: \\xe9\\u20ac\n\n"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("safe\roverwritten", "safe\\roverwritten"),
        ("a\tb\nc", "a\tb\nc"),
        ("\u202eevil\u2066\u2028", "\\u202eevil\\u2066\\u2028"),
        ("\x9b31m\x7f\x00", "\\x9b31m\\x7f\\x00"),
        ("👩‍💻 שלום é", "👩‍💻 שלום é"),
    ],
)
def test_row_17_control_characters_are_shown_harmlessly(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_row_15_the_console_user_is_a_user_with_both_console_agents() -> None:
    fork = user_agent.fork(output_agent=console_output_agent, input_agent=console_input_agent)
    assert repr(console_user_agent) == repr(fork)
    assert console_user_agent.alias == user_agent.alias
