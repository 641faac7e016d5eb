from typing import Any

import pytest

from openclaw.web.guard import AllowedNames, allowed_names, host_name, is_loopback, one_spelling, peer_of


def scope(client: str, server: str = "127.0.0.1", **headers: str) -> dict[str, Any]:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {"client": (client, 50000), "server": (server, 18789), "headers": raw}


@pytest.mark.parametrize(
    ("address", "spelling"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:0:0:0:0:0:1", "2001:db8::/64"),
        ("2001:DB8::ffff", "2001:db8::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::1"),
        ("", ""),
        ("not an address", "not an address"),
    ],
)
def test_one_client_has_one_spelling(address: str, spelling: str) -> None:
    assert one_spelling(address) == spelling


@pytest.mark.parametrize(
    ("address", "loopback"),
    [("127.0.0.1", True), ("::1", True), ("::ffff:127.0.0.1", True), ("10.0.0.5", False), ("", False)],
)
def test_loopback(address: str, loopback: bool) -> None:
    assert is_loopback(address) is loopback


@pytest.mark.parametrize(
    ("of", "local"),
    [
        (scope("127.0.0.1"), True),
        (scope("::1", "::1"), True),
        (scope("192.168.1.5", "192.168.1.5"), True),
        (scope("192.168.1.7", "192.168.1.5"), False),
        (scope("127.0.0.1", origin="http://127.0.0.1:18789"), False),
        (scope("127.0.0.1", x_forwarded_for="127.0.0.1"), False),
        (scope("127.0.0.1", forwarded="for=127.0.0.1"), False),
        ({"client": None, "server": None, "headers": []}, False),
    ],
)
def test_only_a_program_on_this_machine_is_local(of: dict[str, Any], local: bool) -> None:
    assert peer_of(of).local is local


def test_a_forwarded_address_counts_only_from_a_proxy_that_was_named() -> None:
    of = scope("10.0.0.2", x_forwarded_for="6.6.6.6, 203.0.113.7")
    assert peer_of(of).address == "10.0.0.2"
    assert peer_of(of, ["::ffff:10.0.0.2"]).address == "203.0.113.7"
    assert not peer_of(of, ["10.0.0.2"]).local


def test_pages_behind_one_address_are_counted_apart() -> None:
    assert peer_of(scope("127.0.0.1", origin="http://a.example.org")).key != peer_of(scope("127.0.0.1")).key


HERE = allowed_names(["127.0.0.1"], ["https://Desk.example.org/"])
EVERYWHERE = allowed_names(["0.0.0.0"])


@pytest.mark.parametrize(
    ("names", "host", "allowed"),
    [
        (HERE, "127.0.0.1:18789", True),
        (HERE, "localhost:18789", True),
        (HERE, "LOCALHOST", True),
        (HERE, "[::1]:18789", True),
        (HERE, "localhost.:18789", True),
        (HERE, "desk.example.org", True),
        (HERE, "localhost.evil.example.org", False),
        (HERE, "192.168.1.5:18789", False),
        (HERE, "", False),
        (HERE, "[", False),
        (EVERYWHERE, "192.168.1.5:18789", True),
        (EVERYWHERE, "rebound.example.org:18789", False),
    ],
)
def test_names_in_a_host_header(names: AllowedNames, host: str, allowed: bool) -> None:
    assert names.host(host) is allowed


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("http://127.0.0.1:18789", True),
        ("HTTP://127.0.0.1:18789", True),
        ("https://desk.example.org", True),
        ("http://127.0.0.1", False),
        ("http://localhost:18789", False),
        ("https://evil.example.org", False),
        ("null", False),
        ("file://127.0.0.1:18789", False),
        ("", False),
    ],
)
def test_origins(origin: str, allowed: bool) -> None:
    assert HERE.origin(origin, "127.0.0.1:18789") is allowed


def test_a_host_may_be_anything_without_harm() -> None:
    assert host_name("a@b:c") == "b"
    assert host_name("//") == ""
