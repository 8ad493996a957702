"""The console agents on a real pseudo-terminal, with prompt_toolkit and without."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.ext.terminal import CTRL_C, CTRL_D, CTRL_SPACE, ENTER, Terminal, on_terminal

DIALOG = """
import sys
if {without}:
    sys.modules["prompt_toolkit"] = None  # as if it were not installed
from miniagents import Message, MiniAgents, miniagent
from miniagents.ext import console_user_agent, dialog_loop

@miniagent
async def echo_agent(ctx):
    async def tokens(_):
        yield "You said "
        yield repr(str((await ctx.message_promises)[-1]))
    ctx.reply(Message.promise(message_token_streamer=tokens, agent_alias=ctx.this_agent.alias, role="assistant"))

async def main():
    dialog_loop.kick_off("Be kind.", user_agent=console_user_agent, assistant_agent=echo_agent)

for _ in range({times}):
    MiniAgents().run(main())
print("THE END")
"""

GREETING = """\
YOU ARE NOW IN A CHAT WITH AN AI ASSISTANT

Press Enter to send your message.
Press Ctrl+Space to insert a newline.
Press Ctrl+C (or type "exit") to quit the conversation.

"""


def dialog(cwd: Path, without: bool, times: int = 1, **env: str) -> AbstractContextManager[Terminal]:
    return on_terminal(DIALOG.format(without=without, times=times), cwd=cwd, env=env)


@pytest.fixture(params=[False, True], ids=["prompt_toolkit", "plain"])
def without(request: pytest.FixtureRequest) -> Iterator[bool]:
    return request.param  # type: ignore[no-any-return]  # it is one of the params above


def test_row_17_a_dialog_looks_like_the_one_of_the_original(tmp_path: Path, without: bool) -> None:
    with dialog(tmp_path, without) as terminal:
        terminal.wait_for(f"{GREETING}USER:")
        terminal.press(f"hi{ENTER}")
        terminal.wait_for("USER: hi\n\nECHO_AGENT: You said 'hi'\n\nUSER:")
        terminal.press(f"got it, thanks!{ENTER}")
        terminal.wait_for(
            f"{GREETING}USER: hi\n\nECHO_AGENT: You said 'hi'\n\n"
            "USER: got it, thanks!\n\nECHO_AGENT: You said 'got it, thanks!'\n\nUSER:"
        )


@pytest.mark.parametrize("keys", [CTRL_C, CTRL_D, f"exit{ENTER}", f" EXIT {ENTER}"])
def test_row_16_the_conversation_ends_quietly(tmp_path: Path, without: bool, keys: str) -> None:
    with dialog(tmp_path, without) as terminal:
        terminal.wait_for(f"{GREETING}USER:")
        terminal.press(keys)
        assert terminal.wait_for_end() == 0
        assert terminal.text.splitlines()[-1] == "THE END"
        assert terminal.text.splitlines()[-2].startswith("USER:")


def test_row_16_ctrl_space_begins_a_new_line(tmp_path: Path, without: bool) -> None:
    with dialog(tmp_path, without) as terminal:
        terminal.wait_for("USER:")
        terminal.press(f"one{CTRL_SPACE}two{ENTER}")
        terminal.wait_for("ECHO_AGENT: You said 'one\\ntwo'\n\nUSER:")


def test_row_16_a_blank_message_is_asked_for_again(tmp_path: Path, without: bool) -> None:
    with dialog(tmp_path, without) as terminal:
        terminal.wait_for(f"{GREETING}USER:")
        terminal.press(f"  {ENTER}")
        terminal.wait_for("USER:\nUSER:")


def test_row_16_a_second_conversation_works_in_the_same_process(tmp_path: Path, without: bool) -> None:
    with dialog(tmp_path, without, times=2) as terminal:
        for _ in range(2):
            terminal.wait_for(f"{GREETING}USER:")
            terminal.press(f"hi{ENTER}")
            terminal.wait_for("ECHO_AGENT: You said 'hi'\n\nUSER:")
            terminal.press(CTRL_C)
        assert terminal.wait_for_end() == 0


def test_row_17_the_assistant_and_the_prompt_have_colours(tmp_path: Path) -> None:
    with dialog(tmp_path, without=False) as terminal:
        terminal.wait_for("USER:")
        terminal.press(f"hi{ENTER}")
        terminal.wait_for("You said 'hi'\n\nUSER:")
        assert terminal.colour_of("ECHO_AGENT:") == "brightgreen"
        assert terminal.colour_of("USER:") == "cyan"
        assert terminal.colour_of("YOU ARE NOW") == "default"


def test_row_17_with_no_color_there_are_none(tmp_path: Path, without: bool) -> None:
    with dialog(tmp_path, without, NO_COLOR="1") as terminal:
        terminal.wait_for("USER:")
        terminal.press(f"hi{ENTER}")
        terminal.wait_for("You said 'hi'\n\nUSER:")
        assert terminal.colour_of("ECHO_AGENT:") == "default"
        assert terminal.colour_of("USER:") == "default"
        assert not (without and b"\x1b" in terminal.raw)


def test_row_16_the_event_loop_goes_on_while_a_person_types(tmp_path: Path, without: bool) -> None:
    code = DIALOG.format(without=without, times=0) + (
        "import asyncio\n"
        "async def ticking():\n"
        "    await main()\n"
        "    for _ in range(3): await asyncio.sleep(0.05)\n"
        "    print('TICK')\n"
        "MiniAgents().run(ticking())\n"
    )
    with on_terminal(code, cwd=tmp_path) as terminal:
        terminal.wait_for("TICK")


def test_row_22_the_loop_of_the_original_prints_what_it_printed(tmp_path: Path) -> None:
    code = (Path(__file__).parents[3] / "examples" / "agent_loop.py").read_text()
    with on_terminal(code, cwd=tmp_path) as terminal:
        said = ""
        for text in ("hi", "nice!", "bye"):
            terminal.wait_for(f"{said}USER:")
            terminal.press(f"{text}{ENTER}")
            said += f'USER: {text}\nASSISTANT: You said "{text}"\n'
        terminal.wait_for(f"{said}USER:")
        assert terminal.text == f"{said}USER:"


def test_row_19_a_console_dialog_goes_on_where_it_ended(tmp_path: Path) -> None:
    code = (Path(__file__).parents[3] / "examples" / "console_dialog.py").read_text()
    for text in ("hi", "again"):
        with on_terminal(code, cwd=tmp_path) as terminal:
            terminal.wait_for("USER:")
            terminal.press(f"{text}{ENTER}")
            terminal.wait_for(f"ECHO_AGENT: You said {text}\n\nUSER:")
            terminal.press(CTRL_C)
            assert terminal.wait_for_end() == 0
    history = (tmp_path / "CHAT.md").read_text()
    assert [line for line in history.splitlines() if line and "==" not in line] == (
        ["user", "hi", "assistant", "You said hi", "user", "again", "assistant", "You said again"]
    )
