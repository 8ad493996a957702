"""The markdown of a conversation, and what is read from it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from miniagents.ext.transcript import HEADING_RULE, as_markdown, from_markdown, is_role

HEADINGS = ["user", "USER", "assistant / gpt", "critic", "critic\r", "user\r", "### User", "## assistant"]
RULES = ["===", HEADING_RULE, f"\\{HEADING_RULE}", "====\r", "---", "```"]
EDGES = ["", "\\", "\\\\", "\r", " ", "\t", "\0", "\u2028", "a\x85b", "x\\", "\x0c", "\x1c", "\ufeff", "é", "👩‍💻"]
LINES = st.sampled_from([*HEADINGS, *RULES, *EDGES])
CONTENTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.lists(LINES, max_size=8).map("\n".join),
)
ROLES = st.sampled_from(["user", "assistant", "system", "tool", "critic", "Agent_7", "x-y"])


@given(st.lists(st.tuples(ROLES, CONTENTS), max_size=6))
def test_row_19_any_content_survives_the_round_trip(messages: list[tuple[str, str]]) -> None:
    text = "\n".join(as_markdown(role, content) for role, content in messages)
    assert from_markdown(text) == messages


@given(CONTENTS)
def test_row_19_any_content_survives_below_a_text_by_hand(content: str) -> None:
    text = "## User\n\nhi\n\nAssistant\n---\nhello\n\n" + as_markdown("user", content)
    assert from_markdown(text) == [("user", "hi"), ("assistant", "hello"), ("user", content)]


SEED = """
user
========================================
hi

assistant / claude-3-5-sonnet-20240620
========================================
# Heading

Overview
--------
### User
text


USER
===
got it
"""


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_row_19_a_text_in_the_format_of_the_original_is_read(line_end: str) -> None:
    assert [(role, content) for role, content in from_markdown(SEED.replace("\n", line_end))] == [
        ("user", "hi"),
        ("assistant", "# Heading\n\nOverview\n--------\n### User\ntext"),
        ("user", "got it"),
    ]


@pytest.mark.parametrize("heading", ["### User", "# SYSTEM:", "user\n---", "tool\n=====", "###### assistant ######"])
def test_row_19_headings_by_hand_are_read(heading: str) -> None:
    role = next(word for word in heading.lower().replace(":", "").split() if word.isalpha())
    text = f"My chat\n\n{heading}\n\nhello\n\n## Notes\nworld\n\n"
    assert from_markdown(text) == [(role, "hello\n\n## Notes\nworld")]


@pytest.mark.parametrize("text", ["", "\n\n", "no heading at all", "# Notes\n\ntext", "===\n"])
def test_row_19_a_text_without_headings_has_no_messages(text: str) -> None:
    assert from_markdown(text) == []


@pytest.mark.parametrize("role", ["", "two words", "a\nb", "7", None, "x" * 65, "a/b"])
def test_row_19_what_does_not_fit_into_a_heading_is_no_role(role: object) -> None:
    assert not is_role(role)


def test_row_19_plain_content_is_written_as_it_is() -> None:
    assert as_markdown("user", "# Hi\n\n---\nthere\\") == f"user\n{HEADING_RULE}\n# Hi\n\n---\nthere\\\n"
