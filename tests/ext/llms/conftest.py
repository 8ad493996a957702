"""Gives the tests of this folder the fixture `provider`, and an environment without anybody's keys."""

from collections.abc import Iterator

import pytest

from tests.provider_server.fixture import provider, provider_server

__all__ = ["provider", "provider_server"]


@pytest.fixture(autouse=True)
def no_keys() -> Iterator[None]:
    """Whoever runs the tests may have some."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"):
            patch.delenv(name, raising=False)
        patch.setenv("HOME", "/nonexistent")  # Anthropic's SDK looks for credentials there
        patch.delenv("ANTHROPIC_BASE_URL", raising=False)
        yield
