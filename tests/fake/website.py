"""A web site whose pages a test writes, and that remembers who came."""

import asyncio
import socket
import ssl

import anyio

from tests.fake.http import Answer, FakeServer, HttpRequest

_CHUNK = 65_536


class FakeWebsite(FakeServer):
    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        super().__init__()
        self._tls = tls
        self.seen: list[HttpRequest] = []
        self._pages: dict[str, tuple[int, bytes, dict[str, str]]] = {}
        self._endless: set[str] = set()
        self._silent: set[str] = set()

    @property
    def paths(self) -> list[str]:
        return [request.path for request in self.seen]

    def page(
        self, path: str, body: bytes | str, kind: str = "text/html", *, status: int = 200, **more: str
    ) -> None:
        """`more`: further headers, with `_` for `-`."""
        headers = {"content-type": kind, **{name.replace("_", "-"): value for name, value in more.items()}}
        self._pages[path] = (status, body.encode() if isinstance(body, str) else body, headers)

    def redirect(self, path: str, to: str, status: int = 302) -> None:
        self._pages[path] = (status, b"moved", {"location": to})

    def endless(self, path: str) -> None:
        """Bytes for as long as somebody reads."""
        self._endless.add(path)

    def silent(self, path: str) -> None:
        """A head and the first bytes, then nothing more."""
        self._silent.add(path)

    async def handle(self, request: HttpRequest, answer: Answer) -> None:
        self.seen.append(request)
        self.changed()
        if request.path in self._endless:
            answer.start(200, {"content-type": "text/plain"})
            while True:
                await answer.write(b"and on " * (_CHUNK // 7))
        if request.path in self._silent:
            answer.start(200, {"content-type": "text/plain"})
            await answer.write(b"wait")
            await anyio.sleep_forever()
        status, body, headers = self._pages.get(request.path, (404, b"<h1>Nothing here</h1>", {}))
        answer.send(status, body, headers)

    async def _open(self, listener: socket.socket) -> None:
        self._server = await asyncio.start_server(self._serve, sock=listener, limit=1 << 20, ssl=self._tls)
