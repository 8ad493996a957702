"""The pytest fixture `provider`: one server for all tests, with a clean script for each."""

from collections.abc import Iterator

import pytest

from tests.provider_server.server import ProviderServer


@pytest.fixture(scope="session")
def provider_server() -> Iterator[ProviderServer]:
    """The server itself, started once."""
    with ProviderServer() as server:
        yield server


@pytest.fixture
def provider(provider_server: ProviderServer) -> Iterator[ProviderServer]:
    """A provider of OpenAI's and Anthropic's kind on this machine, which echoes unless it is told otherwise."""
    yield provider_server
    provider_server.reset()
