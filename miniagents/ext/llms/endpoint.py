"""How to reach a provider: the options that its client is made with."""

from __future__ import annotations

import os
from typing import Any

from pydantic import BaseModel, Field, SecretStr


class Endpoint(BaseModel, hide_input_in_errors=True):
    """What agents of all providers take to reach their servers."""

    api_key: SecretStr | None = Field(default=None, repr=False)
    """By default what the provider's environment variable says."""
    base_url: str | None = None
    """By default what the provider's environment variable says, or else the provider itself."""
    timeout: Any = None
    """Seconds to wait for each piece of a reply, or an ``httpx2.Timeout``; by default as the SDK does, 600."""
    max_retries: int | None = None
    """How often a request that is refused, or does not arrive, is made again; by default as the SDK does, twice."""

    def key(self, agent: str, variable: str) -> str | None:
        """The key of the call or of the environment, if it can be one.

        An error that a client would raise for a key that no header can hold would show it in full.

        :raises ValueError: when it cannot be one; the message does not show it.
        """
        key = self.api_key.get_secret_value() if self.api_key else os.environ.get(variable)
        if key and not (key.isascii() and key.isprintable() and " " not in key):
            raise ValueError(
                f"the API key of {agent} (api_key= or {variable}) has a space, a line break or a letter that is not "
                "ASCII in it: copy it anew"
            )
        return key or None

    def options(self) -> dict[str, Any]:
        """What was said about the server, besides the key."""
        options = {"base_url": self.base_url, "timeout": self.timeout, "max_retries": self.max_retries}
        return {name: value for name, value in options.items() if value is not None}


def no_key(agent: str, variable: str) -> ValueError:
    """The error of a call without a key."""
    return ValueError(
        f"{agent} has no API key: set the environment variable {variable}, or pass api_key=... (a server that needs "
        "none takes any)"
    )
