"""The first exchange on a WebSocket: who connects, with what proof, and what they may do. Pure decisions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from openclaw.web.auth import Admission
from openclaw.web.guard import Peer
from openclaw.web.rpc.frames import RpcError
from openclaw.web.rpc.params import invalid

OLDEST_PROTOCOL, NEWEST_PROTOCOL = 3, 4
MAX_PAYLOAD = 26_214_400
MAX_BUFFERED = 52_428_800
TICK_SECONDS = 30
HANDSHAKE_SECONDS = 10.0
MAX_FIRST_FRAME = 65_536

Scope = Literal["operator.read", "operator.write", "operator.admin", "operator.approvals", "operator.pairing"]
OPERATOR_SCOPES: tuple[Scope, ...] = (
    "operator.read",
    "operator.write",
    "operator.admin",
    "operator.approvals",
    "operator.pairing",
)


class _Tolerant(BaseModel):
    # Newer clients of the original send more than we know; nothing of it gives them anything.
    model_config = ConfigDict(
        defer_build=True, alias_generator=to_camel, frozen=True, extra="ignore", strict=True
    )


class ClientInfo(_Tolerant):
    id: Literal[
        "webchat-ui",
        "openclaw-control-ui",
        "openclaw-tui",
        "webchat",
        "cli",
        "gateway-client",
        "openclaw-macos",
        "openclaw-ios",
        "openclaw-android",
        "node-host",
        "test",
        "fingerprint",
        "openclaw-probe",
    ]
    version: str
    platform: str
    mode: Literal["webchat", "cli", "ui", "backend", "node", "probe", "test"]
    display_name: str | None = None
    device_family: str | None = None
    model_identifier: str | None = None
    instance_id: str | None = None


class DeviceProof(_Tolerant):
    id: str
    public_key: str
    signature: str
    signed_at: int
    nonce: str | None = None


class Credentials(_Tolerant):
    token: str | None = None
    device_token: str | None = None


class ConnectParams(_Tolerant):
    min_protocol: int
    max_protocol: int
    client: ClientInfo
    role: str = "operator"
    scopes: list[str] | None = None
    caps: list[str] = []
    device: DeviceProof | None = None
    auth: Credentials = Credentials()


class RefusedError(Exception):
    """The connection is answered with this error and closed."""

    def __init__(self, error: RpcError, *, close_code: int = 1008, reason: str = "") -> None:
        super().__init__(error.message)
        self.error = error
        self.close_code = close_code
        self.reason = reason or error.message


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated connection. All authority comes from here, none from what a request says."""

    scopes: frozenset[Scope]
    client: str = "cli"
    connection: str = ""
    caps: frozenset[str] = frozenset()
    browser: str = ""
    """The id of the signed-in browser that it is."""
    device: str = ""
    """The id of the paired device that it is."""
    address: str = ""

    def may(self, scope: Scope) -> bool:
        if "operator.admin" in self.scopes or scope in self.scopes:
            return True
        return scope == "operator.read" and "operator.write" in self.scopes


OPERATOR = Caller(frozenset(OPERATOR_SCOPES))
"""Whoever holds the state directory itself."""


def parse_connect(raw: Mapping[str, object]) -> ConnectParams:
    try:
        return ConnectParams.model_validate(raw)
    except ValidationError as error:
        raise RefusedError(invalid("connect", error)) from None


def negotiate(params: ConnectParams) -> int:
    version = min(params.max_protocol, NEWEST_PROTOCOL)
    if version >= max(params.min_protocol, OLDEST_PROTOCOL):
        return version
    details = {
        "code": "PROTOCOL_MISMATCH",
        "clientMinProtocol": params.min_protocol,
        "clientMaxProtocol": params.max_protocol,
        "expectedProtocol": NEWEST_PROTOCOL,
        "minimumProbeProtocol": OLDEST_PROTOCOL,
    }
    raise RefusedError(RpcError("INVALID_REQUEST", "protocol mismatch", details), close_code=1002)


def authorise(
    params: ConnectParams, peer: Peer, admission: Admission, *, signed_in: bool = False
) -> frozenset[Scope]:
    """The scopes of a connection; `signed_in`: of a page in one of the owner's browsers. Raises RefusedError."""
    if params.role != "operator":
        raise RefusedError(RpcError("INVALID_REQUEST", f"role {params.role[:32]!r} cannot connect here"))
    if not signed_in:
        prove(params, admission)
        if not peer.local:
            # A browser's page, or a machine that is not this one, must be a device that the owner has paired.
            raise RefusedError(NO_DEVICE)
    return declared(params)


def declared(params: ConnectParams) -> frozenset[Scope]:
    """What a client asks for; where it says nothing, all there is."""
    said = OPERATOR_SCOPES if params.scopes is None else params.scopes
    return frozenset(scope for scope in OPERATOR_SCOPES if scope in said)


def prove(params: ConnectParams, admission: Admission) -> None:
    """Raises RefusedError for whoever is not admitted."""
    match admission.verdict:
        case "admitted":
            return
        case "locked":
            error = _unauthorized(
                "too many failed authentication attempts (retry later)", "AUTH_RATE_LIMITED", "rate_limited"
            )
            error.retry_after = admission.retry_after
            raise RefusedError(error)
        case "missing" if params.device is None:
            raise RefusedError(NO_DEVICE)
        case "missing":
            problem = "gateway token missing (provide gateway auth token)"
            raise RefusedError(_unauthorized(problem, "AUTH_TOKEN_MISSING", "token_missing"))
        case "mismatch":
            problem = "gateway token mismatch (provide gateway auth token)"
            error = _unauthorized(problem, "AUTH_TOKEN_MISMATCH", "token_mismatch")
            if params.device is not None and params.auth.token and not params.auth.device_token:
                # The shared token may have been changed; the device's own still counts.
                retry = {"canRetryWithDeviceToken": True, "recommendedNextStep": "retry_with_device_token"}
                error.details = {**(error.details or {}), **retry}
            raise RefusedError(error)


NO_DEVICE = RpcError("NOT_PAIRED", "device identity required", {"code": "DEVICE_IDENTITY_REQUIRED"})


def _unauthorized(problem: str, code: str, reason: str) -> RpcError:
    next_step = "wait_then_retry" if reason == "rate_limited" else "update_auth_credentials"
    details = {
        "code": code,
        "authReason": reason,
        "canRetryWithDeviceToken": False,
        "recommendedNextStep": next_step,
    }
    return RpcError("INVALID_REQUEST", f"unauthorized: {problem}", details)
