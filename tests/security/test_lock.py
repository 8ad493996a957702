"""The locked set of dependencies: an exact version of everything that pyproject.toml asks for."""

from __future__ import annotations

import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = Path(__file__).parents[2]


def locked() -> dict[str, str]:
    lines = (PROJECT / "requirements-dev.lock").read_text().splitlines()
    pins = [line.split("==") for line in lines if line and not line.startswith("#")]
    assert len({name for name, _ in pins}) == len(pins), "each package once"
    return {canonicalize_name(name): version for name, version in pins}


def test_everything_that_is_asked_for_is_locked_at_a_version_that_fits() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    asked = [*project["dependencies"], *(line for extra in project["optional-dependencies"].values() for line in extra)]
    versions = locked()
    for line in asked:
        requirement = Requirement(line)
        if requirement.name != project["name"]:
            assert versions[canonicalize_name(requirement.name)] in requirement.specifier, line


def test_the_environment_is_made_from_the_lock() -> None:
    makefile = (PROJECT / "Makefile").read_text()
    installs = [line for line in makefile.splitlines() if "pip install" in line and line.startswith("\t")]
    assert installs and all("--constraint $(LOCK)" in line for line in installs)
