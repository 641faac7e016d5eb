import pytest

from openclaw.web.http import bearer, error, is_open


@pytest.mark.parametrize(
    ("header", "token"),
    [
        ("Bearer abc", "abc"),
        ("bearer  abc ", "abc"),
        ("Bearer ", None),
        ("Basic abc", None),
        ("abc", None),
        ("", None),
    ],
)
def test_the_bearer_token_of_a_header(header: str, token: str | None) -> None:
    assert bearer(header) == token


@pytest.mark.parametrize(
    ("path", "is_it"),
    [("/", True), ("/healthz", True), ("/ui/status.css", True), ("/v1/models", False), ("/healthz/x", False)],
)
def test_open_paths(path: str, is_it: bool) -> None:
    assert is_open(path) is is_it


def test_an_error_says_when_to_come_back_and_how_to_authenticate() -> None:
    assert error(429, "wait", "rate_limited", retry_after=0.2).headers["retry-after"] == "1"
    assert error(401, "who?", "unauthorized").headers["www-authenticate"] == "Bearer"
