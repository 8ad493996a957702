"""The site of the documentation builds without a warning, from the same text as the README."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.docs.api import ROOT, names_of
from tests.docs.fences import PAGES
from tests.guards.tools import BIN


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [BIN / "mkdocs", "build", "--strict", "--site-dir", folder],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1", "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.timeout_s(120)
def test_the_first_page_is_the_readme(site: Path) -> None:
    index = (site / "index.html").read_text()
    assert 'src="dialog.svg"' in index
    assert 'href="cancellation/"' in index


@pytest.mark.timeout_s(120)
def test_every_page_is_in_the_menu(site: Path) -> None:
    index = (site / "index.html").read_text()
    for page in PAGES[1:]:
        assert f'href="{page.stem}/"' in index


@pytest.mark.timeout_s(120)
@pytest.mark.parametrize("module", ["miniagents", "miniagents.operators", "miniagents.ext", "miniagents.ext.llms"])
def test_the_reference_has_every_public_name(site: Path, module: str) -> None:
    text = re.sub(r"<[^>]*>", "", (site / "reference" / "index.html").read_text())
    assert [name.name for name in names_of(module) if not re.search(rf"\b{name.name}\b", text)] == []


def test_links_of_the_readme_lead_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text()):
            assert target.startswith("https://") or (page.parent / target).exists(), f"{page.name}: {target}"
