"""How a device proves who it is: it signs what it asks for with a key of its own. Pure."""

import base64
import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from openclaw.without import load

SKEW_MS = 120_000
"""How far a device's clock may be from ours."""

Flaw = Literal["device-id-mismatch", "stale", "nonce-missing", "nonce-mismatch", "signature", "public-key"]


@dataclass(frozen=True, slots=True)
class DeviceClaim:
    """What a device says of itself."""

    id: str
    public_key: str
    """Its 32 bytes, base64url."""
    signature: str
    signed_at: int
    nonce: str | None = None


@dataclass(frozen=True, slots=True)
class Signed:
    """What else a signature covers: it is worth nothing for another client, role, scope or token."""

    client_id: str
    client_mode: str
    role: str
    scopes: Sequence[str]
    token: str
    platform: str
    device_family: str


def flaw(claim: DeviceClaim, signed: Signed, nonce: str, now: int) -> Flaw | None:
    """What is wrong with a device's proof; `nonce`: of this connection's challenge."""
    key = _decoded(claim.public_key)
    if key is None or len(key) != 32:
        return "public-key"
    if hashlib.sha256(key).hexdigest() != claim.id:
        return "device-id-mismatch"
    if abs(now - claim.signed_at) > SKEW_MS:
        return "stale"
    if not claim.nonce:
        return "nonce-missing"
    if claim.nonce != nonce:
        return "nonce-mismatch"
    signature = _decoded(claim.signature)
    if signature is None or not any(_verifies(key, signature, words) for words in payloads(claim, signed)):
        return "signature"
    return None


def payloads(claim: DeviceClaim, signed: Signed) -> tuple[bytes, bytes]:
    """Version 3, then 2: the newer one covers the platform too."""
    words = [
        claim.id, signed.client_id, signed.client_mode, signed.role, ",".join(signed.scopes), str(claim.signed_at),
        signed.token, claim.nonce or "",
    ]  # fmt: skip
    newer = [*words, _lower(signed.platform), _lower(signed.device_family)]
    return (
        "|".join(["v3", *newer]).encode("utf-8", "surrogatepass"),
        "|".join(["v2", *words]).encode("utf-8", "surrogatepass"),
    )


def _lower(text: str) -> str:
    """Only ASCII: other letters are not the same in every language's tables."""
    return "".join(chr(ord(char) + 32) if "A" <= char <= "Z" else char for char in text.strip())


def _verifies(key: bytes, signature: bytes, words: bytes) -> bool:
    load("cryptography")
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, words)
    except InvalidSignature:
        return False
    return True


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
