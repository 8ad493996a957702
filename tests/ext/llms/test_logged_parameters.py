"""Which parameters of a request are logged."""

from typing import Any

import pytest

from miniagents.ext.llms.chat import loggable


@pytest.mark.parametrize("name", ["api_key", "auth_token", "Authorization", "my_secret", "password", "extra_headers"])
def test_what_may_be_a_secret_is_left_out_at_any_depth(name: str) -> None:
    assert loggable({"a": [{name: "s"}], name: "s"}) == {"a": [{}]}


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens", "top_k", "monkey", "prompt_cache_retention"])
def test_names_that_only_look_like_it_stay(name: str) -> None:
    assert loggable({name: 1}) == {name: 1}


@pytest.mark.parametrize(
    ("value", "logged"),
    [({50256: -100}, {"50256": -100}), (ValueError, "<type>"), ((1, b"x"), [1, "<bytes>"]), (None, None), (True, True)],
)
def test_what_is_no_plain_data_is_named_by_its_type(value: Any, logged: object) -> None:
    assert loggable({"x": value}) == {"x": logged}
