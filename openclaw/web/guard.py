"""Who is at the other end of a connection, and whether its Host and Origin may talk to us. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any
from urllib.parse import urlsplit

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip")


@dataclass(frozen=True, slots=True)
class Peer:
    address: str
    """One spelling for each address."""
    local: bool
    """A program on this machine: from loopback, not through a proxy, not from a browser's page."""
    origin: str | None = None

    @property
    def key(self) -> str:
        """What failed attempts are counted by: the page too, where several share one address."""
        return f"{self.address} {self.origin}" if self.origin else self.address


def one_spelling(address: str) -> str:
    """The same client is not two because its address is written differently; an IPv6 client owns its /64."""
    try:
        parsed = _ip(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address) and not parsed.is_loopback:
        return str(IPv6Address(int(parsed) >> 64 << 64)) + "/64"
    return str(parsed)


def _ip(address: str) -> IPv4Address | IPv6Address:
    parsed = ip_address(address.partition("%")[0])
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped:
        return parsed.ipv4_mapped
    return parsed


def is_loopback(address: str) -> bool:
    try:
        return _ip(address).is_loopback
    except ValueError:
        return False


def headers_of(scope: Mapping[str, Any]) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}


def peer_of(scope: Mapping[str, Any], trusted_proxies: Iterable[str] = ()) -> Peer:
    """Of an ASGI scope. A forwarding header never makes anyone local; it names a client only if we know its proxy."""
    headers = headers_of(scope)
    client, server = _end(scope, "client"), _end(scope, "server")
    address = one_spelling(client)
    through_proxy = any(name in headers for name in _FORWARDED)
    if through_proxy and address in {one_spelling(proxy) for proxy in trusted_proxies}:
        address = one_spelling(headers.get("x-forwarded-for", "").rpartition(",")[2].strip() or client)
    origin = headers.get("origin")
    # What comes from the very address it goes to has not left this machine.
    near = is_loopback(client) or (bool(client) and client == server)
    return Peer(address, near and not through_proxy and origin is None, origin)


def _end(scope: Mapping[str, Any], end: str) -> str:
    return str((scope.get(end) or ("", 0))[0])


def host_name(host: str) -> str:
    """The name in a Host header, without port, brackets and trailing dot; empty when there is none."""
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return ""


@dataclass(frozen=True, slots=True)
class AllowedNames:
    """Names that a Host header may carry. A page of another name that resolves to us is refused."""

    bound: frozenset[str]
    origins: frozenset[str] = frozenset()
    """Scheme, host and port of pages that the owner allowed, in lower case."""

    def host(self, host: str) -> bool:
        name = host_name(host)
        if name in LOOPBACK_NAMES or name in self.bound:
            return True
        if name in {host_name(urlsplit(origin).netloc) for origin in self.origins}:
            return True
        # Rebinding needs a name; where we listen on every address, any of them may be asked by its number.
        return bool({"0.0.0.0", "::"} & self.bound) and _is_address(name)  # noqa: S104 - compared, not bound

    def origin(self, origin: str, host: str) -> bool:
        """Same origin as the Host, or allowed by the owner. `null` is no origin to trust."""
        origin = origin.rstrip("/").lower()
        if origin in self.origins:
            return True
        parts = urlsplit(origin)
        return parts.scheme in {"http", "https"} and bool(host) and parts.netloc == host.lower()


def allowed_names(bound: Iterable[str], origins: Iterable[str] = ()) -> AllowedNames:
    return AllowedNames(frozenset(bound), frozenset(origin.rstrip("/").lower() for origin in origins))


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
