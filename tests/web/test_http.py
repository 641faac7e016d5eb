import anyio
import pytest
from starlette.exceptions import HTTPException
from starlette.types import Message

from openclaw.web.http import bearer, error, is_open, punctual


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
    [
        ("/", True),
        ("/healthz", True),
        ("/login", True),
        ("/logout", False),
        ("/ui/style.css", True),
        ("/v1/models", False),
        ("/healthz/x", False),
    ],
)
def test_open_paths(path: str, is_it: bool) -> None:
    assert is_open(path) is is_it


def test_an_error_says_when_to_come_back_and_how_to_authenticate() -> None:
    assert error(429, "wait", "rate_limited", retry_after=0.2).headers["retry-after"] == "1"
    assert error(401, "who?", "unauthorized").headers["www-authenticate"] == "Bearer"


async def test_a_body_has_a_deadline_and_a_departure_has_none() -> None:
    messages = [
        {"type": "http.request", "body": b"a", "more_body": True},
        {"type": "http.request", "body": b"b", "more_body": False},
    ]

    async def receive() -> Message:
        if messages:
            return messages.pop(0)
        await anyio.sleep(0.05)
        return {"type": "http.disconnect"}

    in_time = punctual(receive, 0.02)

    assert [(await in_time())["body"] for _ in range(2)] == [b"a", b"b"]
    assert await in_time() == {"type": "http.disconnect"}


async def test_a_body_that_is_late_is_answered_408() -> None:
    async def receive() -> Message:
        await anyio.sleep_forever()
        raise AssertionError

    with pytest.raises(HTTPException) as late:
        await punctual(receive, 0.01)()

    assert late.value.status_code == 408
    assert late.value.headers == {"connection": "close"}
