import pytest

from openclaw.web.browser.cookies import clear_cookie, cookie_name, is_own_page, set_cookie, shown


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("127.0.0.1:18789", "openclaw_18789"),
        ("[::1]:18789", "openclaw_18789"),
        ("localhost", "openclaw"),
        ("desk.example.org", "openclaw"),
        ("127.0.0.1:nonsense", "openclaw"),
        ("", "openclaw"),
    ],
)
def test_each_house_on_a_machine_has_a_cookie_of_its_own(host: str, name: str) -> None:
    assert cookie_name(host) == name


@pytest.mark.parametrize(
    ("cookie", "found"),
    [
        ("openclaw_18789=abc", "abc"),
        ("theme=dark; openclaw_18789=abc; other=1", "abc"),
        ('odd={"a": [1]}; x; =; openclaw_18789=abc', "abc"),
        ("openclaw_18790=abc", None),
        ("openclaw_18789=", None),
        ("", None),
        ("=;;=,\x00", None),
    ],
)
def test_what_a_browser_shows(cookie: str, found: str | None) -> None:
    assert shown({"host": "127.0.0.1:18789", "cookie": cookie}) == found


@pytest.mark.parametrize(
    ("headers", "harmless", "own"),
    [
        ({}, True, True),
        ({"sec-fetch-site": "same-origin"}, True, True),
        ({"sec-fetch-site": "none"}, True, True),
        ({"sec-fetch-site": "same-site"}, True, False),
        ({"sec-fetch-site": "cross-site"}, True, False),
        ({}, False, False),
        ({"sec-fetch-site": "same-origin"}, False, False),
        ({"origin": "http://127.0.0.1:18789"}, False, True),
    ],
)
def test_only_our_own_page_may_use_the_cookie(headers: dict[str, str], harmless: bool, own: bool) -> None:
    assert is_own_page(headers, harmless=harmless) is own


def test_no_script_and_no_other_site_gets_at_it() -> None:
    made = set_cookie("127.0.0.1:18789", "abc", secure=False)

    assert made.startswith("openclaw_18789=abc; Path=/; Max-Age=31536000; ")
    assert made.endswith("HttpOnly; SameSite=Strict")
    assert set_cookie("desk.example.org", "abc", secure=True).endswith("; Secure")
    assert "Max-Age=0" in clear_cookie("127.0.0.1:18789", secure=False)
