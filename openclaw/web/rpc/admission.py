"""Who comes in over a WebSocket: a program of this machine, a signed-in browser, or a device that a person paired."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from openclaw.bus import Bus
from openclaw.types.events import DeviceAsked, DeviceSettled
from openclaw.web.auth import TokenCheck
from openclaw.web.devices.book import DeviceBook, TooManyDevicesError, holds
from openclaw.web.devices.identity import DeviceClaim, Flaw, Signed, flaw
from openclaw.web.devices.records import DeviceFacts, DeviceToken, PairedDevice, request_json
from openclaw.web.guard import Peer
from openclaw.web.rpc.frames import RpcError
from openclaw.web.rpc.handshake import (
    OPERATOR_SCOPES,
    ConnectParams,
    DeviceProof,
    RefusedError,
    Scope,
    authorise,
    declared,
    prove,
)

_FLAWS: dict[Flaw, tuple[str, str]] = {
    "public-key": ("DEVICE_AUTH_PUBLIC_KEY_INVALID", "device public key invalid"),
    "device-id-mismatch": ("DEVICE_AUTH_DEVICE_ID_MISMATCH", "device identity mismatch"),
    "stale": ("DEVICE_AUTH_SIGNATURE_EXPIRED", "device signature expired"),
    "nonce-missing": ("DEVICE_AUTH_NONCE_REQUIRED", "device nonce required"),
    "nonce-mismatch": ("DEVICE_AUTH_NONCE_MISMATCH", "device nonce mismatch"),
    "signature": ("DEVICE_AUTH_SIGNATURE_INVALID", "device signature invalid"),
}
_REASONS = {
    "not-paired": "pairing required: device is not approved yet",
    "scope-upgrade": "pairing required: device is asking for more scopes than currently approved",
}


@dataclass(frozen=True, slots=True)
class Entered:
    scopes: frozenset[Scope]
    device: str = ""
    fresh: tuple[str, DeviceToken] | None = None
    """A token that the device is told now, and never again."""


class Admission:
    """The device stands for itself only after its signature was found right; then the token is looked at."""

    def __init__(self, tokens: TokenCheck, devices: DeviceBook, bus: Bus) -> None:
        self._tokens = tokens
        self._devices = devices
        self._bus = bus

    async def enter(self, params: ConnectParams, peer: Peer, nonce: str, *, signed_in: bool) -> Entered:
        """Raises RefusedError."""
        offered = params.auth.token or params.auth.device_token
        if params.device is None or params.role != "operator":
            shown = await self._tokens.admit(offered, peer)
            return Entered(authorise(params, peer, shown, signed_in=signed_in))
        _refuse_flawed(params, params.device, nonce)
        known = await self._devices.find(params.device.id)
        shown = await self._tokens.admit(offered, peer, of_device=partial(_own_token, known, params))
        prove(params, shown)
        if shown.by == "device":
            return await self._as_device(known, params, peer)
        if peer.local:
            return await self._at_home(known, params, params.device)
        return await self._from_elsewhere(known, params, peer)

    async def _as_device(self, known: PairedDevice | None, params: ConnectParams, peer: Peer) -> Entered:
        token = known.token(params.role) if known is not None else None
        assert known is not None
        assert token is not None
        wanted = declared(params) if params.scopes is not None else _scopes(token.scopes)
        if not _covered(wanted, token.scopes):
            raise await self._ask(params, peer, "scope-upgrade")
        await self._devices.seen(known.device.id)
        return Entered(wanted, known.device.id)

    async def _at_home(
        self, known: PairedDevice | None, params: ConnectParams, device: DeviceProof
    ) -> Entered:
        wanted = declared(params)
        if known is not None and _is_revoked(known, params.role):
            # Paired again it would be by a person's word alone; the shared token lets it in all the same.
            return Entered(wanted)
        try:
            await self._devices.pair_silently(_facts(params, device), params.role, sorted(wanted))
        except TooManyDevicesError:
            return Entered(wanted)
        if known is None:
            now = time.time_ns() // 1_000_000
            await self._bus.publish(DeviceSettled("", device.id, "approved", now))
        await self._devices.seen(device.id)
        return Entered(wanted, device.id, await self._devices.issue(device.id, params.role))

    async def _from_elsewhere(self, known: PairedDevice | None, params: ConnectParams, peer: Peer) -> Entered:
        if known is None or _is_revoked(known, params.role):
            raise await self._ask(params, peer, "not-paired")
        wanted = declared(params) if params.scopes is not None else _scopes(known.scopes)
        if not _covered(wanted, known.scopes):
            raise await self._ask(params, peer, "scope-upgrade")
        await self._devices.seen(known.device.id)
        return Entered(wanted, known.device.id, await self._devices.issue(known.device.id, params.role))

    async def _ask(self, params: ConnectParams, peer: Peer, reason: str) -> RefusedError:
        assert params.device is not None
        facts = _facts(params, params.device)
        try:
            wanted = sorted(declared(params))
            request, is_new = await self._devices.ask(facts, params.role, wanted, peer.address)
        except TooManyDevicesError as error:
            return RefusedError(RpcError("UNAVAILABLE", str(error), retry_after=60.0))
        if is_new:
            told = request_json(request)
            await self._bus.publish(DeviceAsked(request.request_id, facts.id, told))
        details = {
            "code": "PAIRING_REQUIRED",
            "reason": reason,
            "requestId": request.request_id,
            "deviceId": facts.id,
            "remediationHint": f"Approve it on the gateway's machine: openclaw devices approve {request.request_id}",
            "requestedScopes": wanted,
        }
        close = f"pairing required (requestId: {request.request_id})"
        return RefusedError(RpcError("NOT_PAIRED", _REASONS[reason], details), reason=close)


def _refuse_flawed(params: ConnectParams, device: DeviceProof, nonce: str) -> None:
    claim = DeviceClaim(device.id, device.public_key, device.signature, device.signed_at, device.nonce)
    client, auth = params.client, params.auth
    signed = Signed(
        client.id, client.mode, params.role, params.scopes or [],
        auth.token if auth.token is not None else auth.device_token or "", client.platform, client.device_family or "",
    )  # fmt: skip
    found = flaw(claim, signed, nonce, time.time_ns() // 1_000_000)
    if found is not None:
        code, words = _FLAWS[found]
        raise RefusedError(RpcError("INVALID_REQUEST", words, {"code": code, "reason": found}))


def _own_token(known: PairedDevice | None, params: ConnectParams) -> bool:
    offered = (params.auth.token, params.auth.device_token)
    return known is not None and any(holds(known, params.role, each) is not None for each in offered)


def _is_revoked(known: PairedDevice, role: str) -> bool:
    token = known.token(role)
    return token is not None and token.revoked_at is not None


def _facts(params: ConnectParams, device: DeviceProof) -> DeviceFacts:
    client = params.client
    return DeviceFacts(
        device.id, device.public_key, client.platform[:128], client.id, client.mode, (client.display_name or "")[:128],
        (client.device_family or "")[:64],
    )  # fmt: skip


def _scopes(names: Iterable[str]) -> frozenset[Scope]:
    held = set(names)
    return frozenset(scope for scope in OPERATOR_SCOPES if scope in held)


def _covered(wanted: Iterable[str], held: Iterable[str]) -> bool:
    """Pure. As `Caller.may` says what one scope gives of another."""
    have = set(held)
    if "operator.admin" in have:
        return True
    if "operator.write" in have:
        have.add("operator.read")
    return set(wanted) <= have
