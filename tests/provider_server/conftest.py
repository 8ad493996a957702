"""Gives the tests of this folder the fixture `provider`."""

from tests.provider_server.fixture import _provider_server, provider

__all__ = ["_provider_server", "provider"]
