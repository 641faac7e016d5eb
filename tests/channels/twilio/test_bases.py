import pytest

from openclaw.channels.twilio.bases import Bases, bases_of

PATHS = ("/sms", "/sms/webhook", "/webhooks/sms")


@pytest.mark.parametrize(
    ("urls", "full_url", "path", "query", "candidates"),
    [
        (["https://a.example.org"], None, "/sms", "", ["https://a.example.org/sms"]),
        (["https://a.example.org/"], None, "/sms", "x=%2B&u=", ["https://a.example.org/sms?x=%2B&u="]),
        (
            ["https://a.example.org", "https://b.example.org/hook"],
            None,
            "/sms",
            "",
            ["https://a.example.org/sms", "https://b.example.org/hook/sms"],
        ),
        ([], "https://a.example.org/webhooks/sms", "/sms/status", "", ["https://a.example.org/sms/status"]),
        ([], "https://a.example.org/x/sms/webhook", "/sms", "", ["https://a.example.org/x/sms"]),
        (
            [],
            "https://a.example.org/whatever",
            "/sms",
            "q=1",
            ["https://a.example.org/sms?q=1", "https://a.example.org/whatever?q=1"],
        ),
        ([], "https://a.example.org/whatever", "/sms/status", "", ["https://a.example.org/sms/status"]),
        (["https://a.example.org"], "https://a.example.org/sms", "/sms", "", ["https://a.example.org/sms"]),
        ([], None, "/sms", "", []),
    ],
)
def test_the_urls_that_may_have_been_signed(
    urls: list[str], full_url: str | None, path: str, query: str, candidates: list[str]
) -> None:
    assert list(bases_of(urls, full_url, PATHS).candidates(path, query)) == candidates


def test_callbacks_go_to_the_first_base() -> None:
    bases = bases_of(["https://a.example.org/x/", "https://b.example.org"], None, PATHS)

    assert bases.url("/sms/status") == "https://a.example.org/x/sms/status"


def test_without_an_address_there_are_no_bases() -> None:
    assert not bases_of([], None, PATHS)
    assert Bases(("https://a.example.org",))
