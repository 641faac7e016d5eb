"""A device as a client of the original has one: a key pair, and connects that it signs."""

import base64
import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


@dataclass
class SigningDevice:
    seed: bytes = b"\x07" * 32
    key: Ed25519PrivateKey = field(init=False)

    def __post_init__(self) -> None:
        self.key = Ed25519PrivateKey.from_private_bytes(self.seed)

    @property
    def raw(self) -> bytes:
        return self.key.public_key().public_bytes_raw()

    @property
    def id(self) -> str:
        return hashlib.sha256(self.raw).hexdigest()

    def signed(
        self, connect: Mapping[str, Any], nonce: str, *, version: str = "v3", at: int | None = None
    ) -> dict[str, Any]:
        """The connect with this device's proof."""
        at = at if at is not None else time.time_ns() // 1_000_000
        client, auth = connect["client"], connect.get("auth", {})
        token = auth.get("token", auth.get("deviceToken", ""))
        words = [
            version, self.id, client["id"], client["mode"], connect.get("role", "operator"),
            ",".join(connect.get("scopes") or []), str(at), token, nonce,
        ]  # fmt: skip
        if version == "v3":
            words += [client["platform"].lower(), client.get("deviceFamily", "").lower()]
        signature = self.key.sign("|".join(words).encode())
        proof = {
            "id": self.id,
            "publicKey": b64(self.raw),
            "signature": b64(signature),
            "signedAt": at,
            "nonce": nonce,
        }
        return {**connect, "device": proof}


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
