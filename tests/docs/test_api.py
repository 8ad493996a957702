"""The public API is what `docs/api.txt` says, and every name of it is documented."""

from pathlib import Path

from tests.docs.api import COMMAND, DUMP, MODULES, ROOT, dump, names_of


def test_the_dump_is_the_public_api() -> None:
    assert DUMP.read_text() == dump(), f"the public API has changed: `{COMMAND}` writes it down, for review to see"


def test_every_public_name_has_a_docstring() -> None:
    documented = [pair for module in MODULES for name in names_of(module) for pair in name.documented]
    assert len(documented) > 50
    assert [name for name, docstring in documented if not docstring] == []


def test_the_reference_names_every_public_name_of_the_operators_and_of_the_package() -> None:
    text = (ROOT / "docs" / "reference.md").read_text()
    for name in names_of("miniagents.operators"):
        if name.name not in ("AWAIT", "CLEAR"):  # these are shown without being named
            assert f"::: miniagents.operators.{name.name}.{name.name}\n" in text
    for name in names_of("miniagents"):
        assert f"- {name.name}\n" in text


def test_the_signatures_in_the_dump_are_those_that_are_imported() -> None:
    assert "def inquire(self, messages: MessageType[In] | None=None" in DUMP.read_text()
    assert Path(DUMP).read_text().count("\nminiagents.core.errors\n") == 1
