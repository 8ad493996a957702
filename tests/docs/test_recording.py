"""The picture in the README shows what the program prints."""

import re
from html import unescape

import pytest

from docs.record_dialog import PICTURE, QUESTIONS, Recording, record, svg

REPLY = re.compile(r"(?<=^LOCAL_LLM_AGENT: )\S.*?(?=\n(USER:|$))", re.MULTILINE | re.DOTALL)


def last_screen(picture: str) -> str:
    """The lines that the picture ends with, without those that are empty."""
    lines = re.findall(r'<g class="last">(.*?)</g>', picture)
    return "\n".join(" ".join(map(unescape, re.findall(r">([^<]+)</text>", line))) for line in lines)


def without_replies(screen: str) -> str:
    """What the model says is its own affair, from machine to machine."""
    return REPLY.sub("…", screen)


def test_the_picture_is_of_a_dialog_with_two_answers() -> None:
    screen = last_screen(PICTURE.read_text())
    assert screen.startswith("YOU ARE NOW IN A CHAT WITH AN AI ASSISTANT")
    assert [f"USER: {question}" in screen for question in QUESTIONS] == [True, True]
    assert len(REPLY.findall(screen)) == 2


@pytest.mark.timeout_s(120)
def test_the_script_still_records_the_same() -> None:
    picture = svg(record())
    assert without_replies(last_screen(picture)) == without_replies(last_screen(PICTURE.read_text()))


def test_a_picture_shows_each_line_from_when_it_came() -> None:
    recording = Recording()
    for seconds, text in ((0.0, "a"), (0.5, "ab")):
        recording.frames.append((seconds, (((0, text, "cyan", True),), *[()] * 21)))
    picture = svg(recording)
    assert 'begin="play.begin+0.00s" dur="0.50s"' in picture
    assert last_screen(picture) == "ab"
