from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openclaw.net.addresses import HostError, host_name, literal, refusal
from tests.net.forms import DISGUISED, INNER, INNER_V6, NUMBERS

PUBLIC = (
    "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "93.184.216.34", "100.63.255.255", "100.128.0.0", "126.1.1.1",
    "128.0.0.1", "168.63.129.15", "169.253.255.255", "172.15.255.255", "172.32.0.0", "192.0.1.1", "192.167.255.255",
    "192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255", "2000::1", "2001:200::1", "2606:4700::1111",
    "2a00:1450:4001::1", "2003::1", "3ffd::1",
)  # fmt: skip
NAMES_THAT_LOOK_PUBLIC = {"kubernetes.default.svc"}
"""Only a resolver knows better."""


@pytest.mark.parametrize("address", INNER)
def test_an_inner_address_is_refused_with_a_reason(address: str) -> None:
    assert refusal(ip_address(address)).startswith(f"{ip_address(address)} is not on the public internet (")


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_not_refused(address: str) -> None:
    assert refusal(ip_address(address)) == ""
    assert host_name(address) == address


@given(st.integers(0, 2**32 - 1).map(IPv4Address))
def test_no_ipv4_address_that_python_calls_inner_passes(address: IPv4Address) -> None:
    assert refusal(address) or address.is_global


@given(st.one_of(st.integers(0, 2**128 - 1), st.integers(0, 2**32 - 1)).map(IPv6Address))
def test_no_ipv6_address_outside_what_is_given_out_passes(address: IPv6Address) -> None:
    assert refusal(address) or (address.is_global and address.packed[0] >> 5 == 1)


@pytest.mark.parametrize("host", [*INNER_V6, *NUMBERS])
def test_no_spelling_of_an_inner_address_is_a_host(host: str) -> None:
    with pytest.raises(HostError):
        host_name(host)


@pytest.mark.parametrize("host", [form for form in DISGUISED if not set(form) & set("[]@:\\")])
def test_no_disguise_of_this_machine_is_a_host(host: str) -> None:
    if host in NAMES_THAT_LOOK_PUBLIC:
        assert host_name(host) == host
    else:
        with pytest.raises(HostError):
            host_name(host)


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("Example.ORG", "example.org"),
        ("example.org.", "example.org"),
        ("xn--bcher-kva.example.org", "xn--bcher-kva.example.org"),
        ("_dmarc.example.org", "_dmarc.example.org"),
        ("1.2.3.4.example.org", "1.2.3.4.example.org"),
        ("0x7f.example.org", "0x7f.example.org"),
        ("93.184.216.34.", "93.184.216.34"),
        ("2606:4700:0:0::1111", "2606:4700::1111"),
    ],
)
def test_a_host_has_one_spelling(host: str, name: str) -> None:
    assert host_name(host) == name


def test_a_complaint_names_the_host_as_it_was_written() -> None:
    with pytest.raises(HostError, match=r"'0177\.0\.0\.1' is a number address in a spelling"):
        host_name("0177.0.0.1")
    with pytest.raises(HostError, match="'bücher' is a name of a local network"):
        host_name("xn--bcher-kva", "bücher")


def test_a_literal_is_an_address_in_its_plain_form_only() -> None:
    assert literal("127.0.0.1") == IPv4Address("127.0.0.1")
    assert literal("::1") == IPv6Address("::1")
    assert literal("127.1") is None
    assert literal("example.org") is None
