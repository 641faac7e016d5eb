import pytest

from openclaw.net.api_client import UnansweredError, UnsentError
from openclaw.net.fetched import Fetched
from openclaw.net.messages import decoded, message_id, not_sent, reason, refused
from openclaw.types.errors import AmbiguousDeliveryError, DeliveryError
from openclaw.types.messages import Address

TO = Address("salesmsg", "+12015550123")


def answer(status: int, body: bytes = b"", **headers: str) -> Fetched:
    return Fetched(
        "http://127.0.0.1/", status, {name.replace("_", "-"): text for name, text in headers.items()}, body
    )


@pytest.mark.parametrize(
    ("status", "kind", "again"),
    [
        (400, DeliveryError, None),
        (404, DeliveryError, None),
        (422, DeliveryError, None),
        (429, DeliveryError, 9.0),
        (500, DeliveryError, 2.0),
        (502, AmbiguousDeliveryError, None),
        (503, DeliveryError, 2.0),
        (504, AmbiguousDeliveryError, None),
    ],
)
def test_a_status_says_whether_the_message_is_lost_waits_or_is_in_doubt(
    status: int, kind: type[Exception], again: float | None
) -> None:
    error = refused(TO, answer(status, b'{"message": "why"}', retry_after="9"))

    assert type(error) is kind
    assert "why" in str(error)
    if isinstance(error, DeliveryError):
        assert error.retry_after == again


@pytest.mark.parametrize("told", ["", "soon", "-1", "Fri, 27 Feb 2026 09:00:00 GMT"])
def test_an_unreadable_wait_is_a_short_one(told: str) -> None:
    error = refused(TO, answer(429, retry_after=told))

    assert isinstance(error, DeliveryError)
    assert error.retry_after == 2.0


def test_only_what_has_left_is_in_doubt() -> None:
    assert isinstance(not_sent(TO, UnansweredError("broke")), AmbiguousDeliveryError)
    waits = not_sent(TO, UnsentError("refused"))
    assert isinstance(waits, DeliveryError)
    assert waits.retry_after is not None


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"message": "The  number\\nis blocked"}', "it answered 422: The number is blocked"),
        (b'{"error": {"code": 1}, "detail": "no"}', "it answered 422: no"),
        (b"<html>", "it answered 422"),
        (b'{"message": "' + b"x" * 999 + b'"}', "it answered 422: " + "x" * 300),
    ],
)
def test_the_reason_is_one_line_of_what_was_said(body: bytes, words: str) -> None:
    assert reason(answer(422, body)) == words


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (b'{"id": 5}', "5"),
        (b'{"data": {"id": "AC1"}}', "AC1"),
        (b'{"data": {"message": {"id": 7}}}', "7"),
        (b'{"message": {"id": 8}}', "8"),
        (b'{"message": "queued"}', ""),
        (b'{"id": null, "data": []}', ""),
        (b"", ""),
        (b"[1]", ""),
    ],
)
def test_the_message_has_the_name_that_the_answer_gives_it(body: bytes, name: str) -> None:
    assert message_id(answer(200, body)) == name


def test_what_is_no_object_is_empty() -> None:
    assert decoded(answer(200, b"[" * 100_000)) == {}
