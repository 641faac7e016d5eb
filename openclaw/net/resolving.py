"""Names to addresses."""

import socket
from collections.abc import Sequence
from ipaddress import ip_address
from typing import Protocol

import anyio
import anyio.to_thread

from openclaw.net.addresses import IPAddress

LOOKUPS = 8
"""At a time: a name server that hangs holds no other threads than these."""


class NameResolver(Protocol):
    async def addresses(self, host: str, port: int) -> Sequence[IPAddress]:
        """All of them, in the order in which they should be tried. Raises OSError for an unknown name."""


class SystemResolver:
    """The machine's own resolver, `/etc/hosts` included."""

    def __init__(self) -> None:
        self._threads: anyio.CapacityLimiter | None = None

    async def addresses(self, host: str, port: int) -> Sequence[IPAddress]:
        if self._threads is None:
            self._threads = anyio.CapacityLimiter(LOOKUPS)
        return await anyio.to_thread.run_sync(
            _looked_up, host, port, abandon_on_cancel=True, limiter=self._threads
        )


def _looked_up(host: str, port: int) -> tuple[IPAddress, ...]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    except UnicodeError as error:
        raise OSError(f"{host!r} is no host name") from error
    # A link-local address comes with the name of its interface behind a `%`.
    return tuple(dict.fromkeys(ip_address(str(place[0]).partition("%")[0]) for *_, place in found))
