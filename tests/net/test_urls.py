import pytest

from openclaw.net.fetched import OutboundError
from openclaw.net.urls import joined, origin_of, parsed, public, shown


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://API.example.org/x?y", "https://api.example.org:443"),
        ("http://example.org:80", "http://example.org:80"),
        ("http://[::1]:8080/", "http://[::1]:8080"),
    ],
)
def test_an_origin_is_scheme_host_and_port(url: str, origin: str) -> None:
    assert origin_of(url) == origin


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("https://EXAMPLE.org", "https://example.org/"),
        ("https://example.org./a", "https://example.org/a"),
        ("https://bücher.example.org/ä?q=ö", "https://xn--bcher-kva.example.org/%C3%A4?q=%C3%B6"),
        ("http://93.184.216.34:80/#top", "http://93.184.216.34/"),
        ("https://[2606:2800:220:1:0:0:0:1]/", "https://[2606:2800:220:1::1]/"),
        ("https://user_content.example.org/a%20b", "https://user_content.example.org/a%20b"),
    ],
)
def test_a_public_address_has_one_spelling(url: str, asked: str) -> None:
    address = public(url, {80, 443})

    assert f"{address.scheme}://{address.netloc.decode()}{address.raw_path.decode()}" == asked


def test_only_listed_ports_are_asked() -> None:
    assert public("http://example.org:8080/", {80, 8080}).port == 8080
    with pytest.raises(OutboundError, match="port 443 may not be asked, only 80, 8080"):
        public("https://example.org/", {80, 8080})
    with pytest.raises(OutboundError, match="port 0 may not be asked"):
        public("http://example.org:0/", {80})


def test_a_complaint_shows_neither_query_nor_login_nor_control_characters() -> None:
    with pytest.raises(OutboundError) as login:
        parsed("https://ada:hidden@example.org/path?key=hidden")
    with pytest.raises(OutboundError) as control:
        public("https://example.org/\x1b[31m", {443})

    assert str(login.value).startswith("https://example.org/path: only http and https addresses")
    assert "\x1b" not in str(control.value)
    assert shown(parsed("https://example.org:8443/path?key=hidden")) == "https://example.org:8443/path"


def test_a_redirect_is_read_as_a_browser_does() -> None:
    here = parsed("https://example.org/a/b?c")

    assert joined(here, "../d") == "https://example.org/d"
    assert joined(here, "//other.example.org/e") == "https://other.example.org/e"
    with pytest.raises(OutboundError, match="redirects to no address"):
        joined(here, "http://[::1")
