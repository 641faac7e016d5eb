"""Whether a request is from Meta. Pure."""

import hashlib
import hmac
from collections.abc import Iterable

from openclaw.types.channel import WebhookRequest
from openclaw.types.secrets import Secret

HEADER = "x-hub-signature-256"
_PREFIX = "sha256="


def signature(app_secret: str, body: bytes) -> str:
    """Over the bytes as they came: Meta escapes what is beyond ASCII, and any other spelling has another hash."""
    return _PREFIX + hmac.new(app_secret.encode(), body, hashlib.sha256).hexdigest()


def signed_by(secret: Secret, request: WebhookRequest) -> bool:
    shown = request.headers.get(HEADER, "")
    if not secret or not shown:
        return False
    return hmac.compare_digest(
        signature(secret.reveal(), request.body).encode(), shown.encode("utf-8", "replace")
    )


def refusal(request: WebhookRequest, secrets: Iterable[Secret]) -> str | None:
    """The reason class why a body is not from Meta."""
    known = [secret for secret in secrets if secret]
    if not known:
        return "not-ready"
    if not request.headers.get(HEADER):
        return "signature-missing"
    return None if any(signed_by(secret, request) for secret in known) else "signature-wrong"


def set_up_refusal(request: WebhookRequest, tokens: Iterable[Secret]) -> str | None:
    """The same for the one GET by which Meta makes sure that the address is ours."""
    known = [token.reveal().encode() for token in tokens if token]
    if not known:
        return "not-ready"
    if request.query.get("hub.mode") != "subscribe" or not request.query.get("hub.challenge"):
        return "not-a-subscription"
    shown = request.query.get("hub.verify_token", "").encode("utf-8", "replace")
    # Every one is compared: how long it takes tells nothing.
    matches = [hmac.compare_digest(token, shown) for token in known]
    return None if any(matches) else "verify-token-wrong"
