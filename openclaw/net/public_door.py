"""The way out to addresses that we did not choose: a model's, a page's, a message's."""

from collections.abc import AsyncIterator, Callable, Mapping, Set
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread

from openclaw.net.fetched import ENCODINGS, Fetched, OutboundError, UnreadableBodyError, read_body
from openclaw.net.resolving import NameResolver, SystemResolver
from openclaw.net.urls import joined, origin, public, shown

if TYPE_CHECKING:
    import ssl

    import httpcore
    import httpx

WEB_PORTS = frozenset({80, 443})
CONNECTIONS = 16
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_FOR_ANYBODY = frozenset({"accept", "accept-language", "user-agent"})
"""Headers that may follow a redirect to another server."""


@dataclass(frozen=True, slots=True)
class Limits:
    bytes: int = 5_000_000
    """Of the body, unpacked; what is beyond is left out and the answer marked as cut."""
    seconds: float = 30
    """From the look-up of the name to the last byte, redirects included."""
    redirects: int = 5


class PublicDoor:
    """Leads to the public internet and nowhere else: not to this machine, not to its networks, not by any detour.

    `resolver`, `wire` and `tls` are for those who test it; no config and no call can name them.
    """

    def __init__(
        self,
        *,
        ports: Set[int] = WEB_PORTS,
        resolver: NameResolver | None = None,
        wire: "Callable[[], httpcore.AsyncNetworkBackend] | None" = None,
        tls: "Callable[[], ssl.SSLContext] | None" = None,
    ) -> None:
        self._ports = ports
        self._resolver = resolver or SystemResolver()
        self._wire = wire or _wire
        self._tls = tls or _tls
        self._pool: httpcore.AsyncConnectionPool | None = None
        self._making = anyio.Lock()

    def adopt(self, ports: Set[int]) -> None:
        self._ports = ports

    def admit(self, url: str) -> None:
        """Raises OutboundError for what is refused by its looks alone."""
        public(url, self._ports)

    async def get(
        self, url: str, *, headers: Mapping[str, str] | None = None, limits: Limits | None = None
    ) -> Fetched:
        """Follows redirects, each checked like the first. Raises OutboundError; any status that came is returned."""
        limits, target = limits or Limits(), public(url, self._ports)
        given = {name.lower(): value for name, value in (headers or {}).items()}
        try:
            with anyio.fail_after(limits.seconds):
                for _ in range(limits.redirects + 1):
                    answer, location = await self._step(target, given, limits)
                    if location is None:
                        return answer
                    target, given = self._onward(target, location, given)
        except TimeoutError:
            problem = f"no whole answer within {limits.seconds:g} s"
            raise OutboundError(shown(target), problem) from None
        raise OutboundError(shown(target), f"more than {limits.redirects} redirects")

    async def aclose(self) -> None:
        if self._pool is not None:
            await self._pool.aclose()
            self._pool = None

    def _onward(
        self, target: "httpx.URL", location: str, headers: Mapping[str, str]
    ) -> "tuple[httpx.URL, dict[str, str]]":
        onward = public(joined(target, location), self._ports)
        if target.scheme == "https" and onward.scheme == "http":
            raise OutboundError(shown(target), "it redirects from https to http")
        kept = headers.keys() if origin(onward) == origin(target) else headers.keys() & _FOR_ANYBODY
        return onward, {name: headers[name] for name in kept}

    async def _step(
        self, target: "httpx.URL", headers: Mapping[str, str], limits: Limits
    ) -> tuple[Fetched, str | None]:
        async with self._response(target, headers, limits.seconds) as response:
            said = {
                name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers
            }
            if response.status in _REDIRECTS and (location := said.get("location")):
                return Fetched(str(target), response.status, said, b""), location
            body, cut = await read_body(
                response.aiter_stream(), said.get("content-encoding", ""), limits.bytes
            )
        return Fetched(str(target), response.status, said, body, cut), None

    @asynccontextmanager
    async def _response(
        self, target: "httpx.URL", headers: Mapping[str, str], seconds: float
    ) -> "AsyncIterator[httpcore.Response]":
        """Raises OutboundError and TimeoutError, for whatever goes wrong in the block too."""
        import httpcore

        pool = await self._opened()
        # The name, not the address that it is pinned to, as virtual hosts and IPv6 brackets want it.
        sent = {
            "user-agent": "openclaw",
            **headers,
            "host": target.netloc.decode(),
            "accept-encoding": ENCODINGS,
        }
        url = httpcore.URL(
            scheme=target.raw_scheme, host=target.raw_host, port=target.port, target=target.raw_path
        )
        timeouts = dict.fromkeys(("connect", "read", "write", "pool"), seconds)
        try:
            async with pool.stream(
                "GET", url, headers=[*sent.items()], extensions={"timeout": timeouts}
            ) as response:
                yield response
        except UnreadableBodyError as error:
            raise OutboundError(shown(target), str(error)) from None
        except httpcore.TimeoutException:
            raise TimeoutError from None
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise OutboundError(shown(target), str(error) or type(error).__name__) from error

    async def _opened(self) -> "httpcore.AsyncConnectionPool":
        async with self._making:
            if self._pool is None:
                # Making the TLS context reads the certificates from disk, and importing httpcore its modules.
                self._pool = await anyio.to_thread.run_sync(self._made)
            return self._pool

    def _made(self) -> "httpcore.AsyncConnectionPool":
        import httpcore

        from openclaw.net.pinning import PinnedBackend

        # No connection is kept: the next request to the same name looks it up and checks it anew.
        return httpcore.AsyncConnectionPool(
            ssl_context=self._tls(),
            max_connections=CONNECTIONS,
            max_keepalive_connections=0,
            network_backend=PinnedBackend(self._resolver, self._wire()),
        )


def _wire() -> "httpcore.AsyncNetworkBackend":
    from openclaw.net.pinning import Wire

    return Wire()


def _tls() -> "ssl.SSLContext":
    import httpx

    return httpx.create_ssl_context(trust_env=False)
