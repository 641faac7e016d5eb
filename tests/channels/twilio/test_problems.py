import pytest

from openclaw.channels.twilio.problems import RefusalError, UnreachableError, explained, sending
from openclaw.types.errors import AmbiguousDeliveryError, DeliveryError
from openclaw.types.messages import Address

TO = Address("sms", "+12015550123")


@pytest.mark.parametrize(
    ("error", "wait", "words"),
    [
        (RefusalError(400, 21211), None, "no telephone number"),
        (RefusalError(400, 21610), None, "opted out"),
        (RefusalError(400, 30034), None, "10DLC"),
        (RefusalError(400, 21617), None, "1600"),
        (RefusalError(400, 29999, "Something new"), None, "Something new (Twilio error 29999)"),
        (RefusalError(401, 20003), 60.0, "credentials"),
        (RefusalError(429, 20429), 5.0, "too many requests"),
        (RefusalError(429, 20429, retry_after=17.0), 17.0, "too many requests"),
        (RefusalError(400, 14107), 5.0, "loop"),
        (RefusalError(400, 30001), 60.0, "wait"),
        (RefusalError(503, 503), 1.0, "503"),
        (RefusalError(503, 503, retry_after=9.0), 9.0, "503"),
        (RefusalError(500, 20500, "Internal"), 1.0, "Internal"),
        (UnreachableError("ConnectError", sent=False), 1.0, "no connection"),
    ],
)
def test_what_was_certainly_not_sent_says_when_to_try_again_or_what_to_do(
    error: RefusalError | UnreachableError, wait: float | None, words: str
) -> None:
    failure = sending(error, TO)

    assert isinstance(failure, DeliveryError)
    assert failure.retry_after == wait
    assert words in failure.reason


@pytest.mark.parametrize(
    "error",
    [
        UnreachableError("ReadTimeout", sent=True),
        RefusalError(502, 502, "Bad Gateway"),
        RefusalError(504, 504),
        RefusalError(500, 500),
    ],
)
def test_where_somebody_between_gave_up_nobody_knows(error: RefusalError | UnreachableError) -> None:
    assert isinstance(sending(error, TO), AmbiguousDeliveryError)


def test_an_unknown_code_leads_to_its_page() -> None:
    assert explained(63999) == "error 63999; see https://www.twilio.com/docs/api/errors/63999"
