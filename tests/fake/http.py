"""A small HTTP/1.1 server on a loopback socket, for fakes: keep-alive, streaming, and every way to fail."""

import asyncio
import json
import socket
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, unquote, urlsplit

PATIENCE = 30.0
"""Seconds until what is awaited has failed to come. It comes within milliseconds, unless the machine is busy."""


@dataclass(frozen=True, slots=True)
class HttpRequest:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes
    at: float
    """Monotonic, when the last byte was read."""


class Answer:
    """What goes back on one request: `send` whole, or `start`, `write` and `finish` in chunks, or `drop`."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self.dropped = False

    def send(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        self._head(status, {"content-length": str(len(body)), **(headers or {})})
        self._writer.write(body)

    def send_json(self, status: int, value: object, headers: Mapping[str, str] | None = None) -> None:
        self.send(status, json.dumps(value).encode(), {"content-type": "application/json", **(headers or {})})

    def start(self, status: int, headers: Mapping[str, str]) -> None:
        self._head(status, {"transfer-encoding": "chunked", **headers})

    async def write(self, data: bytes) -> None:
        self._writer.write(b"%x\r\n%b\r\n" % (len(data), data))
        await self._writer.drain()

    def finish(self) -> None:
        self._writer.write(b"0\r\n\r\n")

    def drop(self) -> None:
        """Close the socket where the answer stands."""
        self.dropped = True
        self._writer.transport.abort()

    async def cut(self) -> None:
        """Close the socket after what was written so far has gone out."""
        await self._writer.drain()
        self.dropped = True
        self._writer.close()

    def _head(self, status: int, headers: Mapping[str, str]) -> None:
        lines = [f"HTTP/1.1 {status} {_phrase(status)}", *(f"{k}: {v}" for k, v in headers.items()), "", ""]
        self._writer.write("\r\n".join(lines).encode())


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else "Unknown"


@dataclass(slots=True)
class Hold:
    """A request that waits until the test lets it go."""

    after_effect: bool = False
    entered: asyncio.Event = field(default_factory=asyncio.Event)
    _released: asyncio.Event = field(default_factory=asyncio.Event)

    async def wait(self) -> None:
        self.entered.set()
        await self._released.wait()

    def release(self) -> None:
        self._released.set()


class FakeServer(ABC):
    """Entering starts it, leaving stops it. Every change wakes those who wait in `wait_until`."""

    def __init__(self) -> None:
        self._port = 0
        self._server: asyncio.Server | None = None
        self._opening: asyncio.Task[None] | None = None
        self._connections: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._waiters: deque[asyncio.Future[None]] = deque()

    @abstractmethod
    async def handle(self, request: HttpRequest, answer: Answer) -> None: ...

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    async def __aenter__(self) -> Self:
        self.accept_connections()
        assert self._opening is not None
        await self._opening
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._opening is not None:
            await self._opening
        self.refuse_connections()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def accept_connections(self) -> None:
        """The port answers from now on; the same one again after `refuse_connections`."""
        # asyncio turns Nagle's algorithm off only where the protocol is named; left on, it costs 40 ms an answer.
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self._port))
        listener.listen(1024)
        listener.setblocking(False)
        self._port = listener.getsockname()[1]
        self._opening = asyncio.ensure_future(self._open(listener))

    def refuse_connections(self) -> None:
        """Close the port and every connection, as when the machine behind it is gone."""
        if self._opening is not None and not self._opening.done():
            raise RuntimeError("the port is only just opening; await something first")
        if self._server is not None:
            self._server.close()
            self._server = None
        for task, writer in self._connections.items():
            writer.transport.abort()
            task.cancel()

    async def wait_until(
        self, holds: Callable[[], bool], what: Callable[[], str], timeout: float = PATIENCE
    ) -> None:
        """Returns as soon as `holds()`; fails with `what()`, which should say what there is instead."""
        deadline = time.monotonic() + timeout
        while not holds():
            waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiters.append(waiter)
            try:
                async with asyncio.timeout(deadline - time.monotonic()):
                    await waiter
            except TimeoutError:
                raise AssertionError(f"{type(self).__name__}, after {timeout} s: {what()}") from None

    def changed(self) -> None:
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(None)

    async def _open(self, listener: socket.socket) -> None:
        self._server = await asyncio.start_server(self._serve, sock=listener, limit=1 << 20)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections[task] = writer
        try:
            while (request := await _read(reader)) is not None:
                answer = Answer(writer)
                await self.handle(request, answer)
                if answer.dropped or request.headers.get("connection", "").lower() == "close":
                    break
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the other side went away: what it was told is in our log
        except asyncio.CancelledError:
            pass  # `refuse_connections`; asyncio's own callback would report it as an error
        finally:
            del self._connections[task]
            writer.close()


async def _read(reader: asyncio.StreamReader) -> HttpRequest | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.rstrip("\r\n").split("\r\n")
    method, target, _ = first.split(" ", 2)
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    if "chunked" in headers.get("transfer-encoding", ""):
        body = await _read_chunks(reader)
    else:
        body = await reader.readexactly(int(headers.get("content-length", 0)))
    parts = urlsplit(target)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    return HttpRequest(method, unquote(parts.path), query, headers, body, time.monotonic())


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    chunks = []
    while size := int(await reader.readline(), 16):
        chunks.append((await reader.readexactly(size + 2))[:-2])
    await reader.readline()
    return b"".join(chunks)


async def fetch(
    method: str, url: str, *, body: bytes = b"", headers: Mapping[str, str] | None = None
) -> tuple[int, bytes]:
    """One request on a connection of its own: (status, body)."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port or 80)
    try:
        target = parts.path or "/"
        target += f"?{parts.query}" if parts.query else ""
        fields = {
            "host": parts.netloc,
            "connection": "close",
            "content-length": str(len(body)),
            **(headers or {}),
        }
        lines = [f"{method} {target} HTTP/1.1", *(f"{k}: {v}" for k, v in fields.items()), "", ""]
        writer.write("\r\n".join(lines).encode() + body)
        await writer.drain()
        head, _, rest = (await reader.read(-1)).partition(b"\r\n\r\n")
        if not head:
            raise ConnectionResetError(f"{url} was closed without an answer")
        return int(head.split(b" ", 2)[1]), rest
    finally:
        writer.close()
