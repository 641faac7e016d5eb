import pytest

from openclaw.channels.whatsapp.cloud.faults import (
    RefusalError,
    UnreachableError,
    explained,
    receiving,
    sending,
)
from openclaw.types.errors import AmbiguousDeliveryError, DeliveryError
from openclaw.types.messages import Address

TO = Address("whatsapp", "+12015550123")


@pytest.mark.parametrize(
    ("refusal", "retry_after"),
    [
        (RefusalError(401, 190), 60.0),
        (RefusalError(401), 60.0),
        (RefusalError(400, 131056), 6.0),
        (RefusalError(400, 131056, retry_after=12.0), 12.0),
        (RefusalError(400, 131048), 300.0),
        (RefusalError(429), 5.0),
        (RefusalError(400, 4), 5.0),
        (RefusalError(400, 80007), 5.0),
        (RefusalError(500, 131000), 1.0),
        (RefusalError(400, 131016), 1.0),
        (RefusalError(503), 1.0),
        (RefusalError(400, 131047), None),
        (RefusalError(400, 131026), None),
        (RefusalError(403, 10), None),
        (RefusalError(400, 368), None),
        (RefusalError(404, 132001), None),
    ],
)
def test_what_is_tried_again_and_when(refusal: RefusalError, retry_after: float | None) -> None:
    failure = sending(refusal, TO)

    assert isinstance(failure, DeliveryError)
    assert failure.retry_after == retry_after


@pytest.mark.parametrize(
    "error",
    [RefusalError(502), RefusalError(504), RefusalError(500), UnreachableError("ReadTimeout", sent=True)],
)
def test_what_nobody_knows_is_ambiguous(error: RefusalError | UnreachableError) -> None:
    assert isinstance(sending(error, TO), AmbiguousDeliveryError)


@pytest.mark.parametrize(
    ("code", "said", "words"),
    [
        (131047, "", "approved template"),
        (131026, "", "blocked this number"),
        (190, "", "set accessToken"),
        (215, "", "the access token may not do this"),
        (100, "Invalid parameter", "Meta did not understand the request; Meta says: Invalid parameter"),
        (999999, "Something new", "Something new (WhatsApp error 999999)"),
        (None, "Bad Gateway", "Bad Gateway"),
    ],
)
def test_a_refusal_says_what_to_do(code: int | None, said: str, words: str) -> None:
    assert words in explained(code, said)


def test_a_refused_token_names_the_key_to_set() -> None:
    assert "channels.whatsapp.accounts.shop.accessToken" in str(
        receiving(RefusalError(401, 190), "channels.whatsapp.accounts.shop")
    )
    assert receiving(RefusalError(429, 4, retry_after=30.0), "channels.whatsapp").wait_seconds == 30
    assert receiving(UnreachableError("ConnectError", sent=False), "channels.whatsapp").wait_seconds is None
