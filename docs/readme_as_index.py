"""The first page of the site is the README, with its links as seen from here; the menu names what there is."""

import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

DOCS = Path(__file__).parent
ROOT = DOCS.parent


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Name in the menu only what there is."""
    pages = {"index.md", *(path.name for path in DOCS.glob("*.md"))}
    config.nav = [entry for entry in config.nav or [] if set(entry.values()) <= pages]
    return config


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the README and the licence, which live outside of this folder."""
    text = (ROOT / "README.md").read_text()
    files.append(File.generated(config, "index.md", content=re.sub(r"\]\(docs/", "](", text)))
    files.append(File.generated(config, "LICENSE", content=(ROOT / "LICENSE").read_text()))
    return files
