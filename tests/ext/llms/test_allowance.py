"""How much is read of an answer, whichever way an SDK reads it."""

import asyncio
import gzip
from collections.abc import AsyncIterator

import httpx2
import pytest

from miniagents.ext.llms.allowance import REFUSAL_BYTES, Allowance, limit_body

PIECE = bytes(1000)


def client(status: int = 200, packed: bool = False) -> httpx2.AsyncClient:
    """One whose server sends ten pieces, or the same compressed into one."""

    async def body() -> AsyncIterator[bytes]:
        if packed:
            yield gzip.compress(PIECE * 10_000)
            return
        for _ in range(10 if status == 200 else 1000):
            await asyncio.sleep(0)
            yield PIECE

    headers = {"content-encoding": "gzip"} if packed else {}
    return httpx2.AsyncClient(
        transport=httpx2.MockTransport(lambda _: httpx2.Response(status, headers=headers, content=body())),
        event_hooks={"response": [limit_body]},
    )


async def size_of_answer(max_bytes: int, packed: bool = False) -> int:
    with Allowance(max_bytes).applied(AssertionError):
        async with client(packed=packed) as http:
            return len((await http.get("http://server")).content)


@pytest.mark.parametrize(("max_bytes", "read"), [(10_000, 10_000), (9_999, 9_000), (0, 0)])
async def test_a_body_is_read_as_far_as_its_allowance_goes(max_bytes: int, read: int) -> None:
    assert await size_of_answer(max_bytes) == read


async def test_what_counts_is_what_comes_out_of_a_compressed_body() -> None:
    assert await size_of_answer(10_000_000, packed=True) == 10_000_000
    assert await size_of_answer(9_999_999, packed=True) < 10_000_000


async def test_requests_that_are_made_at_once_have_allowances_of_their_own() -> None:
    sizes = range(1000, 12_000, 1000)
    assert await asyncio.gather(*map(size_of_answer, sizes)) == [min(size, 10_000) for size in sizes]


async def test_each_answer_has_the_whole_allowance() -> None:
    with Allowance(10_000).applied(AssertionError):
        async with client() as http:
            assert [len((await http.get("http://server")).content) for _ in range(3)] == [10_000] * 3


async def test_an_error_is_explained_by_a_body_that_was_cut_off_and_only_by_that() -> None:
    for max_bytes, expected in ((10_000, KeyError), (9_999, LookupError)):
        with pytest.raises(LookupError) as caught, Allowance(max_bytes).applied(LookupError):
            async with client() as http:
                await http.get("http://server")
            raise KeyError
        assert type(caught.value) is expected


async def test_of_a_refusal_little_is_read_and_it_explains_itself() -> None:
    with pytest.raises(KeyError), Allowance(10**9).applied(AssertionError):
        async with client(status=400) as http:
            assert len((await http.get("http://server")).content) == REFUSAL_BYTES // 1000 * 1000
        raise KeyError
