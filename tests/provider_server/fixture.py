"""The pytest fixture `provider`: one server for all tests, with a clean script for each."""

from collections.abc import Iterator

import pytest

from tests.provider_server.server import ProviderServer


@pytest.fixture(scope="session")
def _provider_server() -> Iterator[ProviderServer]:
    with ProviderServer() as server:
        yield server


@pytest.fixture
def provider(_provider_server: ProviderServer) -> Iterator[ProviderServer]:
    """A provider of OpenAI's and Anthropic's kind on this machine, which echoes unless it is told otherwise."""
    yield _provider_server
    _provider_server.reset()
