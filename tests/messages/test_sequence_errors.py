"""Errors behind an observed one in the same sequence."""

from miniagents import MessageSequencePromise, MiniAgents


async def test_a_subscriber_that_saw_one_error_need_not_see_those_behind_it() -> None:
    seen: list[BaseException] = []
    first = ValueError("first")
    async with MiniAgents():
        MessageSequencePromise([first, ValueError("second")]).subscribe(None, seen.append)
    assert seen == [first]
