"""Addresses as text: what may be asked at all, and how it is shown."""

import re
from collections.abc import Set
from typing import TYPE_CHECKING

from openclaw.net.addresses import HostError, host_name
from openclaw.net.fetched import OutboundError

if TYPE_CHECKING:
    import httpx  # brings a tenth of the start's time with it: imported where the first address is read

DEFAULT_PORTS = {"http": 80, "https": 443}
LONGEST = 8_000
_NEVER_IN_A_URL = re.compile(r"[\x00-\x20\x7f-\xa0\\\u2028\u2029]")


def parsed(url: str) -> "httpx.URL":
    """Raises OutboundError for what is no http(s) address."""
    import httpx

    try:
        address = httpx.URL(url)
    except (httpx.InvalidURL, TypeError) as error:
        where = url[:200] if isinstance(url, str) else repr(url)
        raise OutboundError(where, f"no address: {error}") from None
    if address.scheme not in DEFAULT_PORTS or not address.host or address.userinfo:
        raise OutboundError(shown(address), "only http and https addresses without a login can be asked")
    return address


def public(url: str, ports: Set[int]) -> "httpx.URL":
    """An address that somebody else chose. Raises OutboundError; where its name leads is checked when it is asked."""
    if len(url) > LONGEST:
        raise OutboundError(url[:200], f"an address of more than {LONGEST:,} characters")
    if _NEVER_IN_A_URL.search(url):
        raise OutboundError(
            ascii(url[:200])[1:-1], "no address: it holds a space, a backslash or a control character"
        )
    address = parsed(url)
    port = DEFAULT_PORTS[address.scheme] if address.port is None else address.port
    if port not in ports:
        allowed = ", ".join(str(each) for each in sorted(ports))
        raise OutboundError(shown(address), f"port {port} may not be asked, only {allowed}")
    try:
        return address.copy_with(host=host_name(address.raw_host.decode("ascii"), address.host))
    except HostError as error:
        raise OutboundError(shown(address), str(error)) from None


def origin(url: "httpx.URL") -> str:
    return f"{url.scheme}://{_host(url)}:{url.port or DEFAULT_PORTS.get(url.scheme, 0)}"


def origin_of(url: str) -> str:
    """`https://api.example.org:443`. Raises OutboundError for what is no http(s) address."""
    return origin(parsed(url))


def shown(url: "httpx.URL") -> str:
    """Without query and login: they may hold keys."""
    port = f":{url.port}" if url.port else ""
    return f"{url.scheme}://{_host(url)}{port}{url.path}"[:200]


def _host(url: "httpx.URL") -> str:
    return f"[{url.host}]" if ":" in url.host else url.host


def joined(url: "httpx.URL", location: str) -> str:
    """Where a redirect leads. Raises OutboundError."""
    import httpx

    try:
        return str(url.join(location))
    except httpx.InvalidURL as error:
        raise OutboundError(shown(url), f"it redirects to no address: {error}") from None
