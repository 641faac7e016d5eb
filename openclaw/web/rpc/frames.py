"""The frames of the WebSocket: what a request is, and how answers and events are written. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import orjson

RAISE_LIMIT = "openclaw.raise_frame_limit"
"""The extension of the ASGI scope by which the listener lets longer frames in, once we know who it is."""

ErrorCode = Literal[
    "NOT_LINKED", "NOT_PAIRED", "AGENT_TIMEOUT", "INVALID_REQUEST", "UNAVAILABLE", "FORBIDDEN"
]


class RpcError(Exception):
    """An answer that says no; its text is shown to the asker."""

    def __init__(
        self,
        code: ErrorCode,
        message: str,
        details: Mapping[str, object] | None = None,
        *,
        retry_after: float | None = None,
        payload: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details
        self.retry_after = retry_after
        self.payload = payload

    def shape(self) -> dict[str, object]:
        shape: dict[str, object] = {"code": self.code, "message": self.message}
        if self.details is not None:
            shape["details"] = self.details
        if self.retry_after is not None:
            shape |= {"retryable": True, "retryAfterMs": round(self.retry_after * 1000)}
        return shape


class Bare(dict[str, object]):
    """An answer that is no object on the wire but what it has as `value`: a list, or null."""


@dataclass(frozen=True, slots=True)
class Request:
    id: str
    method: str
    params: Mapping[str, object]


def parse_request(text: str | bytes) -> Request | None:
    """None for anything that is not a request frame."""
    try:
        frame = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(frame, dict) or frame.get("type") != "req":
        return None
    name, method, params = frame.get("id"), frame.get("method"), frame.get("params")
    if not isinstance(name, str) or not isinstance(method, str) or not name or not method:
        return None
    return Request(name, method, params if isinstance(params, dict) else {})


def success(request_id: str, payload: object) -> str:
    told = payload["value"] if isinstance(payload, Bare) else payload
    return _write({"type": "res", "id": request_id, "ok": True, "payload": told})


def failure(request_id: str, error: RpcError) -> str:
    frame: dict[str, object] = {"type": "res", "id": request_id, "ok": False, "error": error.shape()}
    if error.payload is not None:
        frame["payload"] = error.payload
    return _write(frame)


def event(
    name: str, payload: object, seq: int | None = None, versions: Mapping[str, int] | None = None
) -> str:
    """`seq` counts what everybody is sent; what only some are sent has none."""
    frame: dict[str, object] = {"type": "event", "event": name, "payload": payload}
    if seq is not None:
        frame["seq"] = seq
    if versions is not None:
        frame["stateVersion"] = versions
    return _write(frame)


def _write(frame: Mapping[str, object]) -> str:
    # Tool arguments come from a model and may hold lone surrogates, which JSON cannot carry: they are replaced.
    try:
        return orjson.dumps(frame, default=_plain).decode()
    except TypeError:
        return orjson.dumps(_clean(frame), default=_plain).decode()


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, frozenset | set):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")


def _clean(value: object) -> object:
    match value:
        case str():
            return value.encode("utf-8", "replace").decode()
        case Mapping():
            return {str(_clean(key)): _clean(item) for key, item in value.items()}
        case list() | tuple():
            return [_clean(item) for item in value]
        case int() if not -(2**63) <= value < 2**64:
            return float(value)
        case _:
            return value
