"""Connections to the very addresses that were checked. Imports httpcore: import it where the first one is made."""

from collections.abc import Iterable, Sequence

import httpcore

from openclaw.net.addresses import IPAddress, literal, refusal
from openclaw.net.fetched import OutboundError
from openclaw.net.resolving import NameResolver

ATTEMPTS = 4
ATTEMPT_SECONDS = 6.0

SocketOptions = Iterable[httpcore.SOCKET_OPTION]


class PinnedBackend(httpcore.AsyncNetworkBackend):
    """Looks a name up once, checks every address it has, and connects to one of these.

    It stands where the socket is made, so there is no second look-up that could answer differently. TLS goes on with
    the name: the certificate must be the name's, whatever address it came from.
    """

    def __init__(self, resolver: NameResolver, wire: httpcore.AsyncNetworkBackend) -> None:
        self._resolver = resolver
        self._wire = wire

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: str | None = None,
        socket_options: SocketOptions | None = None,
    ) -> httpcore.AsyncNetworkStream:
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        limit = min(timeout or ATTEMPT_SECONDS, ATTEMPT_SECONDS)
        for address in (await self._admitted(host, port))[:ATTEMPTS]:
            try:
                return await self._wire.connect_tcp(str(address), port, limit, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        socket_options: SocketOptions | None = None,
    ) -> httpcore.AsyncNetworkStream:
        raise OutboundError(path, "only the public internet can be asked")

    async def sleep(self, seconds: float) -> None:
        await self._wire.sleep(seconds)

    async def _admitted(self, host: str, port: int) -> Sequence[IPAddress]:
        """One bad address spoils the name: whoever serves it chooses the order."""
        known = literal(host)
        try:
            addresses = [known] if known else await self._resolver.addresses(host, port)
        except OSError as error:
            raise OutboundError(host, f"the name leads nowhere: {error.strerror or error}") from None
        for address in addresses:
            if problem := refusal(address):
                raise OutboundError(host, problem)
        return addresses


class Wire(httpcore.AnyIOBackend):
    """A machine with a public address of its own answers under it, whatever its firewall shuts to others."""

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: str | None = None,
        socket_options: SocketOptions | None = None,
    ) -> httpcore.AsyncNetworkStream:
        stream = await super().connect_tcp(host, port, timeout, local_address, socket_options)
        here, there = stream.get_extra_info("client_addr"), stream.get_extra_info("server_addr")
        if here[0] == there[0]:
            await stream.aclose()
            raise OutboundError(host, "this is one of this machine's own addresses")
        return stream
