import hashlib
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from twilio.request_validator import RequestValidator

from openclaw.channels.twilio.bases import Bases
from openclaw.channels.twilio.signature import Credentials, form, refusal, signature, url_forms
from openclaw.types.channel import WebhookRequest
from openclaw.types.secrets import Secret

VECTORS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "vectors.json").read_text())
SHA1 = [vector for vector in VECTORS if "algorithm" not in vector]
TOKEN = "1c892n40nd03kdnc0112slzkl3091j20"
ACCOUNT = "AC" + "0" * 32
OURS = [Credentials(ACCOUNT, Secret(TOKEN))]
HOST = "https://webhook.example.com"
FORM = "application/x-www-form-urlencoded"


def request(
    path: str = "/sms/webhook",
    body: bytes = b"",
    *,
    shown: str | None = None,
    query: str = "",
    kind: str = FORM,
    method: str = "POST",
    **headers: str,
) -> WebhookRequest:
    given = {"content-type": kind, **headers}
    if shown is not None:
        given["x-twilio-signature"] = shown
    pairs = dict(pair.split("=", 1) for pair in query.split("&")) if query else {}
    return WebhookRequest(method, path, given, pairs, body, query)


def judged(incoming: WebhookRequest, *prefixes: str) -> str | None:
    return refusal(incoming, OURS, Bases(prefixes or (HOST,)))


@pytest.mark.parametrize("vector", SHA1, ids=[vector["name"] for vector in SHA1])
def test_a_signature_is_as_twilio_makes_it(vector: dict[str, Any]) -> None:
    params = [(name, value) for name, value in vector["params"] or []]

    assert signature(vector["token"], vector["url"], params) == vector["signature"]


def vector(name: str) -> dict[str, Any]:
    return next(each for each in VECTORS if each["name"].startswith(name + " "))


def of_vector(name: str, shown: str | None = None, url: str | None = None) -> WebhookRequest:
    """The request of a vector as it reaches us."""
    found = vector(name)
    parts = urlsplit(url or found["url"])
    body = urlencode([tuple(pair) for pair in found["params"] or []]).encode()
    method = "GET" if name == "T13" else "POST"
    return request(parts.path, body, shown=shown or found["signature"], query=parts.query, method=method)


def of_other_port() -> str:
    params = [(name, value) for name, value in vector("T2")["params"]]
    return signature(TOKEN, HOST + ":8443/sms/webhook", params)


@pytest.mark.parametrize(
    ("incoming", "prefixes", "reason"),
    [
        (of_vector("T2"), [HOST], None),
        (of_vector("T4"), [HOST], None),
        (of_vector("T2"), [HOST + ":443"], None),
        (of_vector("T9"), [HOST], None),
        (of_vector("T10"), [HOST], None),
        (of_vector("T11"), [HOST], None),
        (of_vector("T13"), [HOST], None),
        (of_vector("T16"), [HOST], None),
        (of_vector("T7"), [HOST, "https://srv1.tail.example.ts.net"], None),
        (of_vector("T8", url=HOST + "/webhook"), ["https://srv1.tail.example.ts.net"], None),
        (
            of_vector("T8", vector("T7")["signature"]),
            [HOST, "https://srv1.tail.example.ts.net/sms"],
            None,
        ),
        (of_vector("T7"), [HOST], "signature-wrong"),
        (of_vector("T2", vector("T3")["signature"]), [HOST], "signature-wrong"),
        (of_vector("T2", vector("T5")["signature"]), [HOST], "signature-wrong"),
        (of_vector("T2", vector("T6")["signature"]), [HOST], "signature-wrong"),
        (of_vector("T11", vector("T12")["signature"]), [HOST], "signature-wrong"),
        (of_vector("T2", vector("T15")["signature"]), [HOST], "signature-wrong"),
        (of_vector("T2"), [HOST + ":8443"], None),
        (of_vector("T2", of_other_port()), [HOST], "signature-wrong"),
        (of_vector("T2"), ["http://webhook.example.com"], "signature-wrong"),
        (of_vector("T2"), ["https://WEBHOOK.example.com"], "signature-wrong"),
    ],
)
def test_a_request_is_judged_by_the_configured_addresses(
    incoming: WebhookRequest, prefixes: list[str], reason: str | None
) -> None:
    assert judged(incoming, *prefixes) == reason


@pytest.mark.parametrize("shown", ["", "x", "é", vector("T2")["signature"][:-1], " "])
def test_a_signature_that_is_none_is_refused(shown: str) -> None:
    assert judged(of_vector("T2", shown or " ")) in {"signature-wrong", "signature-missing"}


def test_without_a_signature_nothing_is_looked_at() -> None:
    assert judged(request(body=b"\xff\xff", kind="image/png")) == "signature-missing"


def test_headers_never_become_the_address() -> None:
    evil = "https://evil.example.org"
    shown = signature(TOKEN, evil + "/sms/webhook", [("Body", "hi")])
    incoming = request(
        body=b"Body=hi",
        shown=shown,
        **{
            "host": "evil.example.org",
            "x-forwarded-host": "evil.example.org",
            "x-forwarded-proto": "https",
            "forwarded": "host=evil.example.org",
        },
    )

    assert judged(incoming) == "signature-wrong"


def json_request(body: bytes, hashed: bytes | None) -> WebhookRequest:
    query = "tenant=7" + (f"&bodySHA256={hashlib.sha256(hashed).hexdigest()}" if hashed is not None else "")
    shown = signature(TOKEN, f"{HOST}/voice/status?{query}", [])
    return request("/voice/status", body, shown=shown, query=query, kind="application/json; charset=utf-8")


@pytest.mark.parametrize(
    ("incoming", "reason"),
    [
        (json_request(b'{"a":"b","n":1}', b'{"a":"b","n":1}'), None),
        (json_request(b'{"a":"b","n":1} ', b'{"a":"b","n":1}'), "body-changed"),
        (json_request(b"{}", None), "body-unsigned"),
        (json_request(b"", None), "body-unsigned"),
        (json_request(b"\xff", b"\xff"), None),
    ],
)
def test_a_json_body_counts_only_by_its_signed_hash(incoming: WebhookRequest, reason: str | None) -> None:
    assert judged(incoming) == reason


def test_a_body_of_another_kind_is_not_bound_to_its_signature() -> None:
    shown = signature(TOKEN, HOST + "/sms/webhook", [])

    assert judged(request(body=b"Body=hi", shown=shown, kind="text/plain")) == "content-type"
    assert judged(request(body=b"Body=hi", shown=shown, kind="")) == "content-type"


@pytest.mark.parametrize("body", [b"Body=%FF", b"\xff=1", b"&".join(b"a=1" for _ in range(2000))])
def test_a_form_that_cannot_be_read_is_malformed(body: bytes) -> None:
    assert judged(request(body=body, shown="x")) == "malformed"


def test_a_query_that_cannot_be_read_is_malformed() -> None:
    assert judged(request(shown="x", query="Body=%FF", method="GET")) == "malformed"


def test_an_account_that_is_not_ours_is_refused_although_the_token_is_right() -> None:
    fields = [("AccountSid", "AC" + "9" * 32), ("Body", "hi")]
    shown = signature(TOKEN, HOST + "/sms/webhook", fields)

    assert judged(request(body=urlencode(fields).encode(), shown=shown)) == "account-foreign"


def test_before_the_credentials_are_there_nothing_is_taken() -> None:
    assert refusal(of_vector("T2"), [], Bases((HOST,))) == "not-ready"


def test_an_empty_token_signs_nothing() -> None:
    shown = signature("", HOST + "/sms/webhook", [("Body", "hi")])

    assert (
        refusal(request(body=b"Body=hi", shown=shown), [Credentials(ACCOUNT, Secret(""))], Bases((HOST,)))
        == "signature-wrong"
    )


def test_of_several_accounts_the_one_that_signed_counts() -> None:
    others = [Credentials("AC" + "9" * 32, Secret("another-token")), *OURS]

    assert refusal(of_vector("T2"), others, Bases((HOST,))) is None


def test_a_form_keeps_blanks_and_repeats() -> None:
    assert form(request(body=b"To=%2B1&Media=b&Media=a&Blank=&Bare")) == (
        ("To", "+1"), ("Media", "b"), ("Media", "a"), ("Blank", ""), ("Bare", ""),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("url", "forms"),
    [
        ("https://h.example.org/a", ["https://h.example.org/a", "https://h.example.org:443/a"]),
        ("http://h.example.org/a", ["http://h.example.org/a", "http://h.example.org:80/a"]),
        ("https://h.example.org:8443/a", ["https://h.example.org:8443/a", "https://h.example.org/a"]),
        ("https://h.example.org:x/a", ["https://h.example.org:x/a"]),
        ("https://[::1]:443/a", ["https://[::1]:443/a", "https://[::1]/a"]),
        ("https://[::1/a", ["https://[::1/a"]),
    ],
)
def test_the_default_port_may_be_signed_or_not(url: str, forms: list[str]) -> None:
    assert list(url_forms(url)) == forms


def test_the_package_agrees_about_every_form_of_a_text() -> None:
    validator = RequestValidator(TOKEN)
    for text in ("", "hi", "é 😀 &=+%", "a\nb\tc", "x" * 1600):
        fields = {"Body": text, "FromZip": "", "AccountSid": ACCOUNT}
        shown = str(validator.compute_signature(HOST + "/sms/webhook", fields))

        assert judged(request(body=urlencode(fields).encode(), shown=shown)) is None


def test_an_id_that_has_swallowed_the_next_field_is_no_new_text() -> None:
    """Names and values are signed without anything between them."""
    sid = "SM" + "0123456789abcdef" * 2
    fields = {"Body": "hi", "From": "+12015550123", "MessageSid": sid, "NumMedia": "0", "To": "+12015550199"}
    shown = signature(TOKEN, HOST + "/sms/webhook", fields.items())
    grown = {**fields, "MessageSid": f"{sid}NumMedia0"}
    del grown["NumMedia"]
    assert signature(TOKEN, HOST + "/sms/webhook", grown.items()) == shown

    assert judged(request(body=urlencode(fields).encode(), shown=shown)) is None
    assert judged(request(body=urlencode(grown).encode(), shown=shown)) == "fields-rejoined"


def test_a_form_longer_than_any_of_twilios_is_not_taken_apart() -> None:
    fields = {"Body": "é" * 100_000}
    shown = signature(TOKEN, HOST + "/sms/webhook", fields.items())

    assert judged(request(body=urlencode(fields).encode(), shown=shown)) == "too-large"
