import hashlib
import hmac

import pytest

from openclaw.channels.whatsapp.cloud.signature import refusal, set_up_refusal, signature
from openclaw.types.channel import WebhookRequest
from openclaw.types.secrets import Secret
from tests.channels.whatsapp.cloud.test_parse import P1

SECRET = Secret("app-secret-123")
EMPTY = b'{"object":"whatsapp_business_account","entry":[]}'


def posted(body: bytes, shown: str | None) -> WebhookRequest:
    headers = {} if shown is None else {"x-hub-signature-256": shown}
    return WebhookRequest("POST", "/webhooks/whatsapp", headers, {}, body)


@pytest.mark.parametrize(
    ("body", "digest"),
    [
        (EMPTY, "20e391a99a86fc5adf7e3a453236d20c906360291977896cf2f671e03bb95703"),
        (P1, "e8269bfcfcac1fe070847d810225aa0ab862b2f27725da09f9093669c2848922"),
    ],
)
def test_known_bodies_have_their_known_signatures(body: bytes, digest: str) -> None:
    assert signature("app-secret-123", body) == f"sha256={digest}"
    assert refusal(posted(body, f"sha256={digest}"), [SECRET]) is None


@pytest.mark.parametrize(
    ("shown", "reason"),
    [
        (None, "signature-missing"),
        ("", "signature-missing"),
        ("sha256=", "signature-wrong"),
        (signature("app-secret-123", EMPTY).removeprefix("sha256="), "signature-wrong"),
        (signature("app-secret-123", EMPTY).upper(), "signature-wrong"),
        (signature("app-secret-123", EMPTY + b" "), "signature-wrong"),
        (signature("another", EMPTY), "signature-wrong"),
        (signature("", EMPTY), "signature-wrong"),
        ("sha1=" + hmac.new(b"app-secret-123", EMPTY, hashlib.sha1).hexdigest(), "signature-wrong"),
        ("sha256=\udcff", "signature-wrong"),
    ],
)
def test_anything_else_is_refused(shown: str | None, reason: str) -> None:
    assert refusal(posted(EMPTY, shown), [SECRET]) == reason


def test_without_a_secret_nothing_is_authentic() -> None:
    assert refusal(posted(EMPTY, signature("", EMPTY)), []) == "not-ready"
    assert refusal(posted(EMPTY, signature("", EMPTY)), [Secret("")]) == "not-ready"


def test_each_of_several_apps_signs_for_itself() -> None:
    other = Secret("other-secret")

    assert refusal(posted(EMPTY, signature("other-secret", EMPTY)), [SECRET, other]) is None


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ({"hub.mode": "subscribe", "hub.verify_token": "mine", "hub.challenge": "1"}, None),
        ({"hub.mode": "subscribe", "hub.verify_token": "Mine", "hub.challenge": "1"}, "verify-token-wrong"),
        ({"hub.mode": "subscribe", "hub.verify_token": "", "hub.challenge": "1"}, "verify-token-wrong"),
        ({"hub.mode": "subscribe", "hub.challenge": "1"}, "verify-token-wrong"),
        ({"hub.mode": "unsubscribe", "hub.verify_token": "mine", "hub.challenge": "1"}, "not-a-subscription"),
        ({"hub.mode": "subscribe", "hub.verify_token": "mine"}, "not-a-subscription"),
        ({}, "not-a-subscription"),
    ],
)
def test_meta_sets_up_the_webhook_with_our_token(query: dict[str, str], reason: str | None) -> None:
    request = WebhookRequest("GET", "/webhooks/whatsapp", {}, query, b"")

    assert set_up_refusal(request, [Secret("other"), Secret("mine")]) == reason


def test_without_a_token_of_ours_nothing_is_set_up() -> None:
    query = {"hub.mode": "subscribe", "hub.verify_token": "", "hub.challenge": "1"}

    assert set_up_refusal(WebhookRequest("GET", "/", {}, query, b""), [Secret("")]) == "not-ready"
