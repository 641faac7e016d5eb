"""Devices over the control plane: who asks to be paired, who is, and their tokens."""

import time
from collections.abc import Iterable
from typing import get_args

from pydantic import Field

from openclaw.types.events import DeviceAsked, DeviceSettled
from openclaw.web.desk import House, Json
from openclaw.web.devices.records import paired_json, request_json
from openclaw.web.rpc.frames import RpcError
from openclaw.web.rpc.handshake import Caller, Scope
from openclaw.web.rpc.narration import Told
from openclaw.web.rpc.params import Params

DEVICE_EVENTS = (DeviceAsked, DeviceSettled)


class DevicesList(Params):
    """Without any."""


class DeviceAnswer(Params):
    request_id: str = Field(min_length=1, max_length=128)


class DeviceName(Params):
    device_id: str = Field(min_length=1, max_length=128)


class DeviceTokenOf(Params):
    device_id: str = Field(min_length=1, max_length=128)
    role: str = Field(default="operator", min_length=1, max_length=32)


class DeviceTokenRotate(DeviceTokenOf):
    scopes: list[str] | None = Field(default=None, max_length=16)


async def list_devices(house: House, _: DevicesList, __: Caller) -> Json:
    pending, paired = await house.office.devices.listed()
    connected = {entry.get("deviceId") for entry in house.office.presence.listing()}
    return {
        "pending": [request_json(each) for each in pending],
        "paired": [
            {**paired_json(each, with_digests=False), "connected": each.device.id in connected}
            for each in paired
        ],
    }


async def approve_device(house: House, params: DeviceAnswer, caller: Caller) -> Json:
    asked = await house.office.devices.request(params.request_id)
    _refuse_more_than(caller, asked.scopes)
    paired = await house.office.devices.approve(params.request_id)
    await house.bus.publish(DeviceSettled(params.request_id, paired.device.id, "approved", _now()))
    return {"requestId": params.request_id, "device": paired_json(paired, with_digests=False)}


async def reject_device(house: House, params: DeviceAnswer, _: Caller) -> Json:
    request = await house.office.devices.reject(params.request_id)
    await house.bus.publish(DeviceSettled(params.request_id, request.device.id, "rejected", _now()))
    return {"requestId": params.request_id, "deviceId": request.device.id}


async def remove_device(house: House, params: DeviceName, _: Caller) -> Json:
    await house.office.devices.remove(params.device_id)
    await house.bus.publish(DeviceSettled("", params.device_id, "removed", _now()))
    return {"deviceId": params.device_id}


async def rotate_token(house: House, params: DeviceTokenRotate, caller: Caller) -> Json:
    device = await house.office.devices.find(params.device_id)
    held = device.scopes if device is not None else ()
    _refuse_more_than(caller, held if params.scopes is None else params.scopes)
    token, kept = await house.office.devices.rotate(params.device_id, params.role, params.scopes)
    told: dict[str, object] = {"deviceId": params.device_id, "role": params.role, "token": token}
    return told | {"scopes": list(kept.scopes), "rotatedAtMs": kept.rotated_at}


async def revoke_token(house: House, params: DeviceTokenOf, _: Caller) -> Json:
    at = await house.office.devices.revoke(params.device_id, params.role)
    return {"deviceId": params.device_id, "role": params.role, "revokedAtMs": at}


def device_told(event: DeviceAsked | DeviceSettled) -> Told:
    """Pure. Only for those who may decide."""
    match event:
        case DeviceAsked():
            return Told("device.pair.requested", event.told, scope="operator.pairing")
        case DeviceSettled():
            settled = {"requestId": event.request_id or None, "deviceId": event.device_id}
            payload = {**settled, "decision": event.decision, "ts": event.at}
            return Told("device.pair.resolved", payload, scope="operator.pairing")


def _refuse_more_than(caller: Caller, scopes: Iterable[str]) -> None:
    """Nobody gives what he has not got himself."""
    known: tuple[Scope, ...] = get_args(Scope)
    lacking = [scope for scope in known if scope in set(scopes) and not caller.may(scope)]
    if lacking:
        details = {"code": "MISSING_SCOPE", "missingScope": lacking[0], "requiredScopes": lacking}
        raise RpcError("FORBIDDEN", f"missing scope: {lacking[0]}", details)


def _now() -> int:
    return time.time_ns() // 1_000_000
