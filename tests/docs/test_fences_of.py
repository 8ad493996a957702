"""No fence of a page goes unchecked."""

from pathlib import Path

import pytest

from tests.docs.fences import Fence, fences_of


def read(folder: Path, text: str) -> list[Fence]:
    page = folder / "page.md"
    page.write_text(text)
    return fences_of(page)


def test_a_fence_has_its_output_and_its_words(tmp_path: Path) -> None:
    [fence] = read(tmp_path, "<!-- fence: terminal -->\n```python\nprint(1)\n```\n\n```text\n1\n```\n")
    assert (fence.code, fence.output, fence.words, fence.line) == ("print(1)\n", "1\n", ("terminal",), 2)


def test_a_fence_may_say_its_output_in_a_comment(tmp_path: Path) -> None:
    [fence] = read(tmp_path, "```python\nprint(1)  # Output: 1\nprint(2)  # Output: 2\n```\n")
    assert fence.output == "1\n2\n"


def test_a_fence_that_continues_knows_what_it_continues(tmp_path: Path) -> None:
    fences = read(tmp_path, "```python\na\n```\n" + "<!-- fence: continues -->\n```python\nb\n```\n" * 2)
    assert [fence.before for fence in fences] == [(), ("a\n",), ("a\n", "b\n")]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("```yaml\na: b\n```\n", "'yaml' is not checked"),
        ("```text\nwhat?\n```\n", "the output of what"),
        ("```bash\nls\n```\n\n```text\nwhat?\n```\n", "the output of what"),
        ("- a list\n\n  ```python\n  print(1)\n  ```\n", "indented"),
        ("<!-- fence: unseen -->\n```python\n```\n", "'unseen' says nothing"),
    ],
)
def test_what_nothing_would_check_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read(tmp_path, text)
