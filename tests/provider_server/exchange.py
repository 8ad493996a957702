"""One answer on its way to the client: sends the steps, and notices when the client leaves."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from starlette.types import Receive, Scope, Send

from tests.provider_server.plan import Break, Step
from tests.provider_server.script import Gate, Request


@dataclass
class Exchange:
    """An ASGI application that answers one request, well or badly."""

    request: Request
    status: int
    headers: dict[str, str]
    steps: Iterable[Step]
    reset: Callable[[Scope], None]
    _begun: bool = field(default=False, init=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sending = asyncio.ensure_future(self._send(scope, send))
        leaving = asyncio.ensure_future(self._client_leaves(receive))
        try:
            await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
            self.request.closed_early = not sending.done()
            if sending.done():
                sending.result()
        finally:
            sending.cancel()
            leaving.cancel()

    async def _send(self, scope: Scope, send: Send) -> None:
        for step in self.steps:
            if isinstance(step, Break):
                await self._break_off(step, scope)
                return
            await self._begin(send)
            await self._take(step, send)
        await self._begin(send)
        self.request.answered = True
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _begin(self, send: Send) -> None:
        if not self._begun:
            self._begun = True
            headers = [(name.encode(), value.encode()) for name, value in self.headers.items()]
            await send({"type": "http.response.start", "status": self.status, "headers": headers})

    async def _take(self, step: bytes | float | Gate, send: Send) -> None:
        match step:
            case bytes():
                await send({"type": "http.response.body", "body": step, "more_body": True})
            case Gate():
                await step.passed()
            case _:
                await asyncio.sleep(step)

    async def _break_off(self, step: Break, scope: Scope) -> None:
        match step:
            case Break.HOLD:
                await asyncio.Event().wait()
            case Break.RESET:
                self.reset(scope)
            case Break.CUT:
                pass  # an answer without an end makes uvicorn close the connection

    @staticmethod
    async def _client_leaves(receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
