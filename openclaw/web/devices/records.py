"""What is kept of devices, in the original's form; of a token only what it can be recognised by. Pure."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

Json = dict[str, Any]
LONGEST = 256
"""Characters of what a device says of itself."""


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """As it says itself, but for its id and key."""

    id: str
    public_key: str
    platform: str = ""
    client_id: str = ""
    client_mode: str = ""
    display_name: str = ""
    device_family: str = ""


@dataclass(frozen=True, slots=True)
class DeviceRequest:
    """A device that waits for a person's word."""

    request_id: str
    device: DeviceFacts
    role: str
    scopes: tuple[str, ...]
    remote: str
    at: int
    is_repair: bool = False
    """It is paired already, and asks for more."""


@dataclass(frozen=True, slots=True)
class DeviceToken:
    role: str
    digest: str
    scopes: tuple[str, ...]
    created_at: int
    rotated_at: int | None = None
    revoked_at: int | None = None


@dataclass(frozen=True, slots=True)
class PairedDevice:
    device: DeviceFacts
    role: str
    scopes: tuple[str, ...]
    approved_via: str
    created_at: int
    approved_at: int
    seen_at: int | None = None
    tokens: tuple[DeviceToken, ...] = field(default=())

    def token(self, role: str) -> DeviceToken | None:
        return next((token for token in self.tokens if token.role == role), None)

    def with_token(self, token: DeviceToken) -> "PairedDevice":
        others = tuple(each for each in self.tokens if each.role != token.role)
        return replace(self, tokens=(*others, token))


def new_token() -> str:
    return secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """A token has 256 random bits: nothing slower is needed."""
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


# -- as JSON ----------------------------------------------------------------------------------------------


def facts_json(device: DeviceFacts) -> Json:
    said = {
        "deviceId": device.id,
        "publicKey": device.public_key,
        "platform": device.platform,
        "clientId": device.client_id,
        "clientMode": device.client_mode,
        "displayName": device.display_name,
        "deviceFamily": device.device_family,
    }
    return {name: value for name, value in said.items() if value}


def request_json(request: DeviceRequest) -> Json:
    return {
        "requestId": request.request_id,
        **facts_json(request.device),
        "role": request.role,
        "roles": [request.role],
        "scopes": list(request.scopes),
        "remoteIp": request.remote,
        "isRepair": request.is_repair,
        "ts": request.at,
    }


def paired_json(paired: PairedDevice, *, with_digests: bool) -> Json:
    """`with_digests`: for the file alone."""
    tokens = [_token_json(token, with_digests=with_digests) for token in paired.tokens]
    told: Json = {
        **facts_json(paired.device),
        "role": paired.role,
        "roles": [paired.role],
        "scopes": list(paired.scopes),
        "approvedVia": paired.approved_via,
        "createdAtMs": paired.created_at,
        "approvedAtMs": paired.approved_at,
        "lastSeenAtMs": paired.seen_at,
    }
    return told | {"tokens": {token["role"]: token for token in tokens} if with_digests else tokens}


def _token_json(token: DeviceToken, *, with_digests: bool) -> Json:
    told: Json = {
        "role": token.role,
        "scopes": list(token.scopes),
        "createdAtMs": token.created_at,
        "rotatedAtMs": token.rotated_at,
        "revokedAtMs": token.revoked_at,
        "tokenSha256": token.digest if with_digests else None,
    }
    return {name: value for name, value in told.items() if value is not None}


def read_request(raw: Mapping[str, Any]) -> DeviceRequest | None:
    facts = _facts(raw)
    name, at = raw.get("requestId"), _time(raw.get("ts"))
    if facts is None or not isinstance(name, str) or at is None:
        return None
    role, scopes = _text(raw.get("role")) or "operator", _texts(raw.get("scopes"))
    return DeviceRequest(
        name, facts, role, scopes, _text(raw.get("remoteIp")), at, raw.get("isRepair") is True
    )


def read_paired(raw: Mapping[str, Any]) -> PairedDevice | None:
    facts, created = _facts(raw), _time(raw.get("createdAtMs"))
    if facts is None or created is None:
        return None
    kept = raw.get("tokens")
    tokens = (
        [_token(each) for each in kept.values() if isinstance(each, dict)] if isinstance(kept, dict) else []
    )
    return PairedDevice(
        facts,
        _text(raw.get("role")) or "operator",
        _texts(raw.get("scopes")),
        _text(raw.get("approvedVia")) or "owner",
        created,
        _time(raw.get("approvedAtMs")) or created,
        _time(raw.get("lastSeenAtMs")),
        tuple(token for token in tokens if token is not None),
    )


def _token(raw: Mapping[str, Any]) -> DeviceToken | None:
    # The original keeps the token itself; from the next writing on only its digest stands here.
    plain, kept = raw.get("token"), raw.get("tokenSha256")
    found = kept if isinstance(kept, str) else digest(plain) if isinstance(plain, str) and plain else None
    created = _time(raw.get("createdAtMs"))
    if found is None or created is None:
        return None
    role = _text(raw.get("role")) or "operator"
    times = _time(raw.get("rotatedAtMs")), _time(raw.get("revokedAtMs"))
    return DeviceToken(role, found, _texts(raw.get("scopes")), created, *times)


def _facts(raw: Mapping[str, Any]) -> DeviceFacts | None:
    name, key = raw.get("deviceId"), raw.get("publicKey")
    if not isinstance(name, str) or not isinstance(key, str) or not name or not key:
        return None
    words = (raw.get(each) for each in ("platform", "clientId", "clientMode", "displayName", "deviceFamily"))
    return DeviceFacts(name, key, *map(_text, words))


def _text(value: object) -> str:
    return value[:LONGEST] if isinstance(value, str) else ""


def _texts(value: object) -> tuple[str, ...]:
    items: Sequence[object] = value if isinstance(value, list) else ()
    return tuple(item[:LONGEST] for item in items if isinstance(item, str))


def _time(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
