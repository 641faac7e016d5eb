import pytest

from openclaw.channels.quo.signature import key_of, refusal
from openclaw.types.secrets import Secret
from tests.fake.quo import NEW_KEY, OLD_KEY, legacy, standard

BODY = b'{"id":"EV1","object":"event","type":"message.received"}'
AT = 1_795_226_400
KEYS = [Secret("whsec_" + "AAAA" * 8), Secret(OLD_KEY), Secret(NEW_KEY)]
LEGACY = {"openphone-signature": "hmac;1;1795226400000;L0EUTrdNPznR+gsssWsqMQvBTRkJyzkQqDhsby0akCA="}
STANDARD = {
    "webhook-id": "msg_2abc",
    "webhook-timestamp": "1795226400",
    "webhook-signature": "v1,PzABptD8le6hie3e/FUEDGApJxQ/BePM9GKz0cQm2Eo=",
}


def judge(headers: dict[str, str], body: bytes = BODY, *, at: int = AT) -> str | None:
    return refusal(headers, body, KEYS, at * 1000)


@pytest.mark.parametrize("headers", [LEGACY, STANDARD])
def test_the_vectors_are_believed(headers: dict[str, str]) -> None:
    assert judge(headers) is None


def test_one_of_several_signatures_is_enough() -> None:
    both = {**STANDARD, "webhook-signature": f"v1,AAAA v1a,zzz {STANDARD['webhook-signature']}"}
    old = {"openphone-signature": f"hmac;1;1795226400000;AAAA,{LEGACY['openphone-signature']}"}

    assert judge(both) is None
    assert judge(old) is None


@pytest.mark.parametrize("seconds", [-300, -1, 0, 299, 300])
def test_five_minutes_either_way_are_tolerated(seconds: int) -> None:
    assert judge(STANDARD, at=AT + seconds) is None
    assert judge(LEGACY, at=AT + seconds) is None


@pytest.mark.parametrize("seconds", [-301, 301, 86_400])
def test_what_was_signed_at_another_time_is_refused(seconds: int) -> None:
    assert judge(STANDARD, at=AT + seconds) == "signature-expired"
    assert judge(LEGACY, at=AT + seconds) == "signature-expired"


@pytest.mark.parametrize("headers", [LEGACY, STANDARD])
@pytest.mark.parametrize("body", [BODY + b" ", BODY[:-1], BODY.replace(b"EV1", b"EV2"), b""])
def test_any_other_body_is_refused(headers: dict[str, str], body: bytes) -> None:
    assert judge(headers, body) == "bad-signature"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"webhook-id": "msg_2abd"}, "bad-signature"),
        ({"webhook-id": ""}, "signature-malformed"),
        ({"webhook-timestamp": "1795226401"}, "bad-signature"),
        ({"webhook-timestamp": ""}, "signature-malformed"),
        ({"webhook-timestamp": "+1795226400"}, "signature-malformed"),
        ({"webhook-timestamp": "९" * 10}, "signature-malformed"),
        ({"webhook-timestamp": "9" * 40}, "signature-malformed"),
        ({"webhook-signature": ""}, "bad-signature"),
        ({"webhook-signature": STANDARD["webhook-signature"].replace("v1,", "v0,")}, "bad-signature"),
        ({"webhook-signature": STANDARD["webhook-signature"].replace("v1,", "")}, "bad-signature"),
        ({"webhook-signature": "v1,ü"}, "bad-signature"),
    ],
)
def test_a_changed_header_is_refused(change: dict[str, str], reason: str) -> None:
    assert judge({**STANDARD, **change}) == reason


@pytest.mark.parametrize(
    "header", ["", "hmac", "hmac;1;1795226400000", "hmac;2;1795226400000;AAAA", "hmac;1;1795226400000;"]
)
def test_a_malformed_old_header_is_refused(header: str) -> None:
    assert judge({"openphone-signature": header}) == "bad-signature"


def test_the_old_header_does_not_help_who_shows_a_wrong_new_one() -> None:
    assert judge({**LEGACY, **STANDARD, "webhook-signature": "v1,AAAA"}) == "bad-signature"


def test_without_headers_or_without_keys_nobody_is_believed() -> None:
    assert judge({}) == "signature-missing"
    assert refusal(STANDARD, BODY, [], AT * 1000) == "not-ready"
    assert refusal(STANDARD, BODY, [Secret("short")], AT * 1000) == "not-ready"


def test_a_strangers_key_signs_nothing() -> None:
    stranger = "whsec_" + "BBBB" * 8

    assert judge(standard(BODY, key=stranger, at=AT)) == "bad-signature"
    assert judge(legacy(BODY, key=stranger, at_ms=AT * 1000)) == "bad-signature"


@pytest.mark.parametrize(
    ("secret", "length"),
    [
        (NEW_KEY, 32),
        (OLD_KEY, 32),
        (f" {NEW_KEY}\n", 32),
        (NEW_KEY.rstrip("="), 32),
        ("AAAA", None),
        ("%%", None),
        ("", None),
    ],
)
def test_a_key_is_base64_of_sixteen_bytes_or_more(secret: str, length: int | None) -> None:
    key = key_of(secret)

    assert (None if key is None else len(key)) == length
