"""uvicorn as a child of ours: signals are left to us, and what it leaves open towards strangers is closed here."""

import asyncio
import contextlib
import socket
from collections.abc import Generator, Sequence
from typing import Any, cast

import anyio
import httptools
import uvicorn
from starlette.types import ASGIApp
from uvicorn._types import ASGISendEvent
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

from openclaw.web.rpc.frames import RAISE_LIMIT
from openclaw.web.rpc.handshake import MAX_FIRST_FRAME

HEADER_SECONDS = 10.0
BODY_SECONDS = 20.0
"""Longer than the applications wait themselves: they answer 408. This is for bodies that nobody reads."""
MAX_HEADER_BYTES = 65_536
MAX_CONNECTIONS = 512
MOST_IDLE_CONNECTIONS = 400
"""Beyond these the one that has kept us waiting longest is closed for each that comes."""
GRACE_SECONDS = 5


class CarefulHttp(HttpToolsProtocol):
    """uvicorn waits without end for a header that never comes, and takes one of any length."""

    header_seconds = HEADER_SECONDS
    body_seconds = BODY_SECONDS
    most_idle = MOST_IDLE_CONNECTIONS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._deadline: asyncio.TimerHandle | None = None
        self._body_deadline: asyncio.TimerHandle | None = None
        self._header_bytes = 0
        self._made_at = self.loop.time()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._await_header()
        if len(self.connections) > self.most_idle:
            self._make_room()

    def _make_room(self) -> None:
        """A stranger's patience keeps out nobody who has something to say."""
        # Those that are being closed still count for the server, and closing them again would free nothing.
        ours = [each for each in self.connections if isinstance(each, CarefulHttp)]
        open_ones = [each for each in ours if not each.transport.is_closing()]
        # Whoever has just come has had no time to say anything.
        others = (each for each in open_ones if each is not self and each._is_idle())
        idle = sorted(others, key=lambda each: each._made_at)
        for each in idle[: max(0, len(open_ones) - self.most_idle)]:
            each.transport.close()

    def _is_idle(self) -> bool:
        """No answer of ours is awaited."""
        return self._deadline is not None or self.cycle is None or self.cycle.response_complete

    def connection_lost(self, exc: Exception | None) -> None:
        self._header_came()
        self._body_came()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._deadline is not None:
            self._header_bytes += len(data)
            if self._header_bytes > MAX_HEADER_BYTES + 65_536:  # one read may bring the start of a body too
                self.transport.close()
                return
        super().data_received(data)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._await_header()

    def on_headers_complete(self) -> None:
        self._header_came()
        if sum(len(name) + len(value) + 4 for name, value in self.headers) > MAX_HEADER_BYTES:
            raise httptools.HttpParserError("the header is too long")
        names = [name for name, _ in self.headers]
        if names.count(b"host") > 1 or (b"content-length" in names and b"transfer-encoding" in names):
            raise httptools.HttpParserError("the request could be read in two ways")
        super().on_headers_complete()
        self._body_deadline = self.loop.call_later(self.body_seconds, self._give_up)

    def on_message_complete(self) -> None:
        # Also of a request that becomes a WebSocket: what follows is no body.
        self._body_came()
        super().on_message_complete()

    def _body_came(self) -> None:
        if self._body_deadline is not None:
            self._body_deadline.cancel()
            self._body_deadline = None

    def _await_header(self) -> None:
        if self._deadline is None:
            self._header_bytes = 0
            self._deadline = self.loop.call_later(self.header_seconds, self._give_up)

    def _header_came(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        self._deadline = self._body_deadline = None
        self.transport.close()


class CarefulWebSocket(WebSocketsSansIOProtocol):
    """Frames stay short until the application knows who sends them."""

    def handle_connect(self, event: Request) -> None:
        self.conn.max_message_size = MAX_FIRST_FRAME
        super().handle_connect(event)
        if self.response.status_code == 101:
            cast(dict[str, Any], self.scope["extensions"])[RAISE_LIMIT] = self._raise_limit

    async def send(self, message: ASGISendEvent) -> None:
        await super().send(message)
        # uvicorn 0.54 takes a refusal for an application that has forgotten to answer, and calls it an error of ours.
        if message["type"] == "websocket.http.response.body" and not message.get("more_body", False):
            self.handshake_complete = True

    def _raise_limit(self, max_bytes: int) -> None:
        self.conn.max_message_size = max_bytes


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = anyio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()


class HttpListener:
    """One application on sockets that are bound already, from `run` until `stop`."""

    def __init__(
        self, app: ASGIApp, sockets: Sequence[socket.socket], *, grace_seconds: int = GRACE_SECONDS
    ) -> None:
        self._sockets = list(sockets)
        self._address = _address(self._sockets[0])
        self._ended = anyio.Event()
        self._server = _Server(
            uvicorn.Config(
                app,
                http=CarefulHttp,
                ws=CarefulWebSocket,
                lifespan="off",
                log_config=None,
                log_level="warning",  # its info lines hold whole URLs
                access_log=False,
                server_header=False,
                proxy_headers=False,
                ws_max_size=MAX_FIRST_FRAME,
                ws_per_message_deflate=False,
                limit_concurrency=MAX_CONNECTIONS,
                timeout_keep_alive=30,
                timeout_graceful_shutdown=grace_seconds,
            )
        )

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of the first socket."""
        return self._address

    async def run(self) -> None:
        """Returns some time after `stop`. Cancelling it instead would leave its connections open."""
        await self._server.serve(sockets=self._sockets)
        self._ended.set()

    async def wait_listening(self) -> None:
        await self._server.listening.wait()

    def stop(self) -> None:
        self._server.should_exit = True

    async def wait_stopped(self) -> None:
        """Connections are told, given a few seconds to end, and closed."""
        await self._ended.wait()


def _address(listener: socket.socket) -> tuple[str, int]:
    host, port, *_ = listener.getsockname()
    return str(host), int(port)
