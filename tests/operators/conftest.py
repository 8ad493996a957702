"""Gives the tests of this folder the fixture `provider`, and an environment without anybody's keys."""

from tests.ext.llms.conftest import no_keys
from tests.provider_server.fixture import provider, provider_server

__all__ = ["no_keys", "provider", "provider_server"]
