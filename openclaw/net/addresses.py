"""Which hosts are out on the public internet. Pure."""

import re
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

IPAddress = IPv4Address | IPv6Address

# `is_global` is no help: it takes 2002:7f00:1:: (loopback by 6to4), 64:ff9b::7f00:1, fec0::1 and 224.0.0.1 for public.
_DENIED = tuple(
    (ip_network(line.split(" ", 1)[0]), line.split(" ", 1)[1])
    for line in (
        "0.0.0.0/8 this machine",
        "10.0.0.0/8 a private network",
        "100.64.0.0/10 a provider's inner network",
        "127.0.0.0/8 this machine",
        "168.63.129.16/32 a cloud's inner services",
        "169.254.0.0/16 link-local, where clouds keep credentials",
        "172.16.0.0/12 a private network",
        "192.0.0.0/24 reserved for protocols",
        "192.0.2.0/24 reserved for documents",
        "192.31.196.0/24 reserved for protocols",
        "192.52.193.0/24 reserved for protocols",
        "192.88.99.0/24 a relay into other networks",
        "192.168.0.0/16 a private network",
        "192.175.48.0/24 reserved for protocols",
        "198.18.0.0/15 reserved for measurements",
        "198.51.100.0/24 reserved for documents",
        "203.0.113.0/24 reserved for documents",
        "224.0.0.0/4 multicast",
        "240.0.0.0/4 reserved",
        "::/128 this machine",
        "::1/128 this machine",
        "::/96 an IPv4 address in disguise",
        "::ffff:0:0/96 an IPv4 address in disguise",
        "::ffff:0:0:0/96 an IPv4 address in disguise",
        "64:ff9b::/96 an IPv4 address in disguise",
        "64:ff9b:1::/48 an IPv4 address in disguise",
        "100::/64 a black hole",
        "2001::/23 reserved for protocols",
        "2001:db8::/32 reserved for documents",
        "2002::/16 an IPv4 address in disguise",
        "2620:4f:8000::/48 reserved for protocols",
        "3ffe::/16 reserved",
        "3fff::/20 reserved for documents",
        "5f00::/16 a provider's inner network",
        "fc00::/7 a private network",
        "fe80::/10 link-local",
        "fec0::/10 a private network",
        "ff00::/8 multicast",
    )
)
_GLOBAL_UNICAST = ip_network("2000::/3")
"""All of IPv6 that has been given out so far."""

_LOCAL_DOMAINS = frozenset({
    "localhost", "local", "localdomain", "internal", "intranet", "private", "lan", "home", "home.arpa", "corp", "test",
    "invalid", "onion",
})  # fmt: skip
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


class HostError(Exception):
    """A host that is not asked; the text goes on after `<address>: `."""


def refusal(address: IPAddress) -> str:
    """Why nothing is sent there; empty for a public address."""
    for network, what in _DENIED:
        if address.version == network.version and address in network:
            return f"{address} is not on the public internet ({what})"
    if isinstance(address, IPv6Address) and address not in _GLOBAL_UNICAST:
        return f"{address} is not on the public internet (not given out)"
    # For what the tables of this Python know and ours does not.
    if address.is_private or address.is_multicast or address.is_reserved:
        return f"{address} is not on the public internet (reserved)"
    return ""


def literal(host: str) -> IPAddress | None:
    """The address that a host is; None for a name."""
    try:
        return ip_address(host)
    except ValueError:
        return None


def host_name(host: str, written: str = "") -> str:
    """The host in its one spelling: a name in lower case without the final dot, or an address. Raises HostError.

    `written`: how the address had it, for the complaint.
    """
    written = written or host
    if ":" in host:
        return _v6(host, written)
    name = host.lower().removesuffix(".")
    labels = name.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        # Resolvers read 2130706433, 0177.1 and 0x7f.1 as 127.0.0.1, and no two of them agree on all such spellings.
        if not isinstance(address := literal(name), IPv4Address):
            raise HostError(f"{written!r} is a number address in a spelling that is not accepted")
        return _public(address)
    if len(name) > 253 or not all(map(_LABEL.fullmatch, labels)):
        raise HostError(f"{written!r} is no host name")
    if len(labels) == 1 or labels[-1] in _LOCAL_DOMAINS or ".".join(labels[-2:]) in _LOCAL_DOMAINS:
        raise HostError(f"{written!r} is a name of a local network; only the public internet can be asked")
    return name


def _v6(host: str, written: str) -> str:
    address = literal(host)
    if not isinstance(address, IPv6Address) or address.scope_id is not None:
        raise HostError(f"{written!r} is no IPv6 address that can be asked")
    return _public(address)


def _public(address: IPAddress) -> str:
    if problem := refusal(address):
        raise HostError(problem)
    return str(address)
