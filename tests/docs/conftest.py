"""Gives the tests of this folder the fixture `provider`."""

from tests.provider_server.fixture import provider, provider_server

__all__ = ["provider", "provider_server"]
