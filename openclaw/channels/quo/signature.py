"""Quo's signatures: over the time and the raw body, in the headers of Standard Webhooks or in OpenPhone's own."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence

from openclaw.types.secrets import Secret

TOLERANCE_MS = 5 * 60 * 1000
LEAST_BYTES = 16
_PREFIX = "whsec_"
_MOST_SIGNATURES = 20


def key_of(secret: str) -> bytes | None:
    """The key that a signing secret stands for; None for what is none, or too short to be safe."""
    text = secret.strip().removeprefix(_PREFIX)
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
    return key if len(key) >= LEAST_BYTES else None


def refusal(headers: Mapping[str, str], body: bytes, secrets: Sequence[Secret], now_ms: int) -> str | None:
    """The reason class, or None for what Quo has signed in the last minutes. Header names in lower case."""
    keys = [key for secret in secrets if (key := key_of(secret.reveal())) is not None]
    if not keys:
        return "not-ready"
    if "webhook-signature" in headers:
        return _standard(headers, body, keys, now_ms)
    if "openphone-signature" in headers:
        return _legacy(headers["openphone-signature"], body, keys, now_ms)
    return "signature-missing"


def _standard(headers: Mapping[str, str], body: bytes, keys: Sequence[bytes], now_ms: int) -> str | None:
    name, at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not name:
        return "signature-malformed"
    signatures = [
        signature
        for each in headers["webhook-signature"].split()[:_MOST_SIGNATURES]
        for version, _, signature in [each.partition(",")]
        if version == "v1"
    ]
    if (problem := _clock_problem(at, 1000, now_ms)) is not None:
        return problem
    return _judged(f"{name}.{at}.".encode() + body, signatures, keys)


def _legacy(header: str, body: bytes, keys: Sequence[bytes], now_ms: int) -> str | None:
    """`hmac;1;<milliseconds>;<signature>`, perhaps several with commas between."""
    for each in header.split(",")[:_MOST_SIGNATURES]:
        parts = each.strip().split(";")
        if len(parts) != 4 or parts[:2] != ["hmac", "1"]:
            continue
        if (problem := _clock_problem(parts[2], 1, now_ms)) is not None:
            return problem
        if _judged(f"{parts[2]}.".encode() + body, [parts[3]], keys) is None:
            return None
    return "bad-signature"


def _clock_problem(text: str, unit_ms: int, now_ms: int) -> str | None:
    if not (text.isascii() and text.isdecimal() and len(text) <= 16):
        return "signature-malformed"
    return "signature-expired" if abs(now_ms - int(text) * unit_ms) > TOLERANCE_MS else None


def _judged(signed: bytes, signatures: Sequence[str], keys: Sequence[bytes]) -> str | None:
    expected = [base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()) for key in keys]
    shown = [signature.encode(errors="replace") for signature in signatures]
    fits = [hmac.compare_digest(one, other) for one in shown for other in expected]
    return None if any(fits) else "bad-signature"
