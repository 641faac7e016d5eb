"""An internet of our own: names, public addresses, and the loopback servers that stand behind them."""

import ssl
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from ipaddress import ip_address

import httpcore

from openclaw.net.addresses import IPAddress
from openclaw.net.pinning import SocketOptions
from openclaw.net.public_door import PublicDoor
from tests.fake.http import FakeServer

SITE = "93.184.216.34"
"""A public address, as far as anybody here can tell."""


class FakeInternet:
    """Serves as the resolver, and makes the wire, of a door that is otherwise the real one.

    What passes the door's checks arrives somewhere: at the server of that address, else at `elsewhere`.
    """

    def __init__(self, names: Mapping[str, Sequence[str]], elsewhere: FakeServer) -> None:
        self._answers = {name: deque([tuple(addresses)]) for name, addresses in names.items()}
        self._servers: dict[str, FakeServer] = {}
        self._elsewhere = elsewhere
        self.looked_up: list[str] = []
        self.dialled: list[tuple[str, int]] = []

    def serve(self, address: str, server: FakeServer) -> None:
        self._servers[address] = server

    def answer_next(self, name: str, *answers: Iterable[str]) -> None:
        """The name's next look-ups; the last of them stays."""
        self._answers[name] = deque(tuple(answer) for answer in answers)

    def port_of(self, address: str) -> int:
        return int(self._servers.get(address, self._elsewhere).url.rpartition(":")[2])

    def door(self, *ports: int, tls: ssl.SSLContext | None = None) -> PublicDoor:
        trusted = tls or ssl.create_default_context()
        return PublicDoor(
            ports={80, 443, *ports}, resolver=self, wire=lambda: _Wire(self), tls=lambda: trusted
        )

    async def addresses(self, host: str, port: int) -> Sequence[IPAddress]:
        self.looked_up.append(host)
        if host not in self._answers:
            raise OSError("Name or service not known")
        answers = self._answers[host]
        return [ip_address(each) for each in (answers.popleft() if len(answers) > 1 else answers[0])]


class _Wire(httpcore.AnyIOBackend):
    def __init__(self, internet: FakeInternet) -> None:
        self._internet = internet

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: SocketOptions | None = None,
    ) -> httpcore.AsyncNetworkStream:
        self._internet.dialled.append((host, port))
        there = self._internet.port_of(host)
        return await super().connect_tcp("127.0.0.1", there, timeout, local_address, socket_options)
