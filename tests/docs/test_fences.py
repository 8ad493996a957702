"""Every fence of the README and of the docs does what the page says."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.fences import PAGES, ROOT, WORDS, Fence, fences_of
from tests.docs.transcript import said, typed
from tests.ext.terminal import ENTER, on_terminal
from tests.guards.tools import BIN
from tests.provider_server.script import Reply
from tests.provider_server.server import ProviderServer

RUNNER = ROOT / "tests" / "docs" / "run_fence.py"
SECONDS_TO_RUN = 30

PYTHON = [fence for page in PAGES for fence in fences_of(page) if fence.language == "python"]


def programs(*words: str, without: tuple[str, ...] = ()) -> pytest.MarkDecorator:
    """The python fences that have all of `words` and none of `without`."""
    chosen = [
        pytest.param(fence, id=fence.name)
        for fence in PYTHON
        if set(words) <= set(fence.words) and not set(without) & set(fence.words)
    ]
    return pytest.mark.parametrize("fence", chosen)


def environment(provider: ProviderServer) -> dict[str, str]:
    return {
        "OPENAI_API_KEY": "sk-none",
        "OPENAI_BASE_URL": provider.openai_url,
        "ANTHROPIC_API_KEY": "sk-none",
        "ANTHROPIC_BASE_URL": provider.anthropic_url,
        "PYTHONPATH": str(ROOT),
    }


def files_of(fence: Fence, folder: Path) -> list[str]:
    paths = [folder / f"fence_{number}.py" for number in range(len(fence.before) + 1)]
    for path, code in zip(paths, (*fence.before, fence.code), strict=True):
        path.write_text(code)
    return [str(path) for path in paths]


def let_models_say(provider: ProviderServer, fence: Fence) -> None:
    if "provider" in fence.words:
        provider.script(*(Reply(tuple(re.findall(r"\S+\s*", text))) for text in said(fence.output)))


@pytest.mark.timeout_s(SECONDS_TO_RUN)
@programs(without=("terminal", "mypy", "elsewhere"))
def test_a_fence_prints_what_the_page_says(fence: Fence, provider: ProviderServer, tmp_path: Path) -> None:
    let_models_say(provider, fence)
    done = subprocess.run(
        [sys.executable, "-W", "error", RUNNER, *files_of(fence, tmp_path)],
        env={**os.environ, **environment(provider)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=SECONDS_TO_RUN,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.rstrip() == fence.output.rstrip()


@pytest.mark.timeout_s(SECONDS_TO_RUN)
@programs("terminal")
def test_a_dialog_looks_as_on_the_page(fence: Fence, provider: ProviderServer, tmp_path: Path) -> None:
    let_models_say(provider, fence)
    with on_terminal(fence.code, cwd=tmp_path, env=environment(provider)) as terminal:
        for screen, line in typed(fence.output):
            terminal.wait_for(screen)
            terminal.press(f"{line}{ENTER}")
        terminal.wait_for(f"{fence.output.rstrip()}\n\nUSER:" if "\n\n" in fence.output else f"{fence.output}USER:")


@pytest.mark.timeout_s(90)
@programs("mypy")
def test_mypy_says_what_the_page_says(fence: Fence, tmp_path: Path) -> None:
    (tmp_path / "pipeline.py").write_text("".join((*fence.before, fence.code)))
    done = subprocess.run(
        [BIN / "mypy", "--strict", "--no-color-output", "--cache-dir", ROOT / ".mypy_cache", "pipeline.py"],
        env={"PATH": "/usr/bin:/bin", "MYPYPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == fence.output


@pytest.mark.parametrize("fence", [pytest.param(fence, id=fence.name) for fence in PYTHON if fence.file])
def test_a_fence_is_the_file_that_it_says(fence: Fence) -> None:
    assert fence.code == (ROOT / str(fence.file)).read_text()


def test_an_example_that_is_printed_with_other_imports_prints_the_same() -> None:
    [fence] = [fence for fence in PYTHON if "INQUIRING ON AGGREGATOR" in fence.code]
    done = subprocess.run(
        [sys.executable, ROOT / "examples" / "aggregator.py"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == fence.output


def test_pages_have_fences_of_every_kind() -> None:
    used = {word.partition("=")[0] for fence in PYTHON for word in fence.words}
    assert used == set(WORDS)
