"""The server: a Starlette application that uvicorn runs on a free loopback port, in a thread with a loop of its own."""

import asyncio
import json
import socket
import struct
import threading
from collections import deque
from collections.abc import Iterable
from itertools import chain
from types import TracebackType
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request as HttpRequest
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from tests.provider_server.anthropic_wire import AnthropicWire
from tests.provider_server.exchange import Exchange
from tests.provider_server.openai_wire import OpenAIWire, embeddings
from tests.provider_server.plan import FILLING, Step, plan, without_end
from tests.provider_server.script import REFUSALS, Answer, Fault, Reply, Request
from tests.provider_server.wire import Wire, text_of


class ProviderServer:
    """Speaks both wire formats and does what its script says; `with ProviderServer() as server:` runs it."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self._script: deque[Reply] = deque()
        self._answer: Answer = lambda request: Reply()
        self._exchanges: set[asyncio.Task[None]] = set()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._server = uvicorn.Server(_config(self._app()))
        self._thread = threading.Thread(target=self._run, name="provider server")

    @property
    def openai_url(self) -> str:
        """`base_url` for OpenAI's client."""
        return f"{self.anthropic_url}/v1"

    @property
    def anthropic_url(self) -> str:
        """`base_url` for Anthropic's client."""
        host, port = self._socket.getsockname()
        return f"http://{host}:{port}"

    def script(self, *replies: Reply) -> None:
        """Answer the next requests with these, in order of their arrival; after them, echo."""
        self._script.extend(replies)

    def answer_with(self, answer: Answer) -> None:
        """Answer what is not scripted by this function, which is called in the server's thread."""
        self._answer = answer

    def reset(self) -> None:
        """Forget script and requests, and end the exchanges that still hold their connection."""
        self.requests.clear()
        self._script.clear()
        self._answer = lambda request: Reply()
        self._loop.call_soon_threadsafe(self._end_exchanges)

    def __enter__(self) -> "ProviderServer":
        self._loop = asyncio.new_event_loop()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.should_exit = self._server.force_exit = True
        self._loop.call_soon_threadsafe(self._end_exchanges)
        self._thread.join()
        self._socket.close()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._server.serve(sockets=[self._socket]))

    def _end_exchanges(self) -> None:
        for exchange in self._exchanges:
            exchange.cancel()

    def _app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/v1/chat/completions", _Endpoint(self, OpenAIWire), methods=["POST"]),
                Route("/v1/messages", _Endpoint(self, AnthropicWire), methods=["POST"]),
                Route("/v1/embeddings", _Endpoint(self, OpenAIWire), methods=["POST"]),
            ]
        )

    def take(self, request: Request) -> Reply:
        self.requests.append(request)
        return self._script.popleft() if self._script else self._answer(request)

    async def run_exchange(self, exchange: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        task: asyncio.Task[None] = asyncio.ensure_future(_call(exchange, scope, receive, send))
        self._exchanges.add(task)
        try:
            await asyncio.wait({task})
            if not task.cancelled():
                task.result()
        finally:
            self._exchanges.discard(task)

    def reset_connection(self, scope: Scope) -> None:
        for connection in self._server.server_state.connections:
            if isinstance(connection, H11Protocol) and connection.client == scope["client"]:
                transport = connection.transport
                linger = struct.pack("ii", 1, 0)  # on, for no seconds: closing sends RST
                transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                transport.abort()


class _Endpoint:
    """Reads one request, takes its reply from the script, and starts the exchange."""

    def __init__(self, server: ProviderServer, wire: type[OpenAIWire] | type[AnthropicWire]) -> None:
        self._server = server
        self._wire = wire

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        http = HttpRequest(scope, receive)
        request = Request(http.url.path, dict(http.headers), json.loads(await http.body()))
        reply = self._server.take(request)
        wire: Wire = self._wire(request.body, reply.finish_reason)
        status = REFUSALS.get(reply.fault) if reply.fault else None
        answer = self._refusal(status, request, wire, reply) if status else self._body(request, wire, reply)
        await self._server.run_exchange(answer, scope, receive, send)

    def _refusal(self, status: int, request: Request, wire: Wire, reply: Reply) -> Exchange:
        headers = wire.headers | {"content-type": "application/json"}
        if reply.fault is Fault.RATE_LIMITED:
            headers["retry-after"] = f"{reply.retry_after_s:g}"
        more = without_end(FILLING) if reply.fault is Fault.ENDLESS_REFUSAL else ()
        return Exchange(request, status, headers, chain([wire.refusal(status)], more), self._server.reset_connection)

    def _body(self, request: Request, wire: Wire, reply: Reply) -> Exchange:
        streaming = bool(request.body.get("stream"))
        kind = "text/event-stream; charset=utf-8" if streaming else "application/json"
        steps = self._steps(request, wire, reply, streaming)
        return Exchange(request, 200, wire.headers | {"content-type": kind}, steps, self._server.reset_connection)

    def _steps(self, request: Request, wire: Wire, reply: Reply, streaming: bool) -> Iterable[Step]:
        if request.path.endswith("/embeddings") and reply.fault is None:
            return [embeddings(request.body)]
        return plan(wire, reply, echo_of(request.body), streaming)


def echo_of(body: dict[str, Any]) -> str:
    """The default answer."""
    messages = body.get("messages") or [{"content": ""}]
    return f"You said: {text_of(messages[-1]['content'])}"


async def _call(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    await app(scope, receive, send)


def _config(app: Starlette) -> uvicorn.Config:
    # An answer that is cut short is an error to uvicorn, which would log it; here it is on purpose.
    return uvicorn.Config(
        app, http="h11", ws="none", lifespan="off", log_config=None, log_level="critical", access_log=False
    )
