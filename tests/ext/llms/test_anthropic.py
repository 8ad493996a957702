"""How a conversation becomes what Anthropic's API takes."""

import sys

import pytest

from miniagents import MiniAgents
from miniagents.ext.llms import AnthropicAgent
from miniagents.ext.llms.anthropic import prompt_of
from tests.ext.llms.agents import KEY
from tests.provider_server.server import ProviderServer


def turns(*pairs: tuple[str, str]) -> list[dict[str, str]]:
    return [{"role": role, "content": content} for role, content in pairs]


def test_row_13_system_messages_are_gathered() -> None:
    prompt = prompt_of(turns(("system", "a"), ("user", "b"), ("system", "c")))
    assert prompt == {"system": "a\n\nc", "messages": turns(("user", "b"))}


def test_row_13_successive_turns_of_one_role_become_one() -> None:
    prompt = prompt_of(turns(("user", "a"), ("user", "b"), ("assistant", "c"), ("assistant", "d"), ("user", "e")))
    assert prompt == {"messages": turns(("user", "a\n\nb"), ("assistant", "c\n\nd"), ("user", "e"))}


def test_row_13_a_system_message_between_turns_of_one_role_does_not_part_them() -> None:
    prompt = prompt_of(turns(("user", "a"), ("system", "s"), ("user", "b")))
    assert prompt["messages"] == turns(("user", "a\n\nb"))


@pytest.mark.parametrize("said", [turns(("assistant", "a")), turns(("system", "a"))])
def test_row_13_a_conversation_that_the_user_has_not_begun_gets_a_first_turn(said: list[dict[str, str]]) -> None:
    assert prompt_of(said)["messages"][0] == {"role": "user", "content": "/start"}


def test_turns_without_text_are_left_out() -> None:
    assert prompt_of(turns(("user", "a"), ("assistant", " "), ("user", "b")))["messages"] == turns(("user", "a\n\nb"))


async def test_the_longest_reply_is_asked_for_at_the_call() -> None:
    async with MiniAgents():
        with pytest.raises(TypeError, match="needs the parameter 'max_tokens'"):
            await AnthropicAgent.inquire("Hello", model="m")


async def test_key_and_server_come_from_the_environment(
    provider: ProviderServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    monkeypatch.setenv("ANTHROPIC_BASE_URL", provider.anthropic_url)
    async with MiniAgents():
        await AnthropicAgent.inquire("Hello", model="m", max_tokens=9)
    assert KEY in str(provider.requests[0].headers)


async def test_a_missing_sdk_is_named_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "anthropic", None)
    async with MiniAgents():
        with pytest.raises(ImportError, match=r"'anthropic'.*pip install 'miniagents-rx\[anthropic\]'"):
            await AnthropicAgent.inquire("Hello", model="m", max_tokens=9, api_key=KEY)
