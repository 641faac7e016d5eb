"""The devices that a person has paired, and those that ask: two files below the state directory."""

import hmac
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import anyio
import anyio.to_thread
import orjson

from openclaw.files import write_atomically
from openclaw.types.clock import Clock
from openclaw.types.errors import OpenClawError
from openclaw.types.ids import new_id
from openclaw.web.devices.records import (
    DeviceFacts,
    DeviceRequest,
    DeviceToken,
    PairedDevice,
    digest,
    new_token,
    paired_json,
    read_paired,
    read_request,
    request_json,
)

logger = logging.getLogger(__name__)
LIFETIME_MS = 600_000
MOST_PENDING = 32
MOST_PAIRED = 256
R = TypeVar("R", DeviceRequest, PairedDevice)


class UnknownDeviceError(OpenClawError):
    """No request or device has this name."""


class TooManyDevicesError(OpenClawError):
    """One must go before another can come."""


class DeviceBook:
    """Loaded when it is first asked for, then kept in memory: this process alone writes the files."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._pending_file = folder / "pending.json"
        self._paired_file = folder / "paired.json"
        self._clock = clock
        self._lock = anyio.Lock()
        self._paired: dict[str, PairedDevice] | None = None
        self._pending: dict[str, DeviceRequest] = {}
        self._ends: dict[str, anyio.Event] = {}

    async def find(self, device_id: str) -> PairedDevice | None:
        async with self._lock:
            return (await self._devices()).get(device_id)

    async def listed(self) -> tuple[list[DeviceRequest], list[PairedDevice]]:
        """Those that ask and those that are paired, the newest first."""
        async with self._lock:
            devices = (await self._devices()).values()
            requests = sorted(self._current(), key=lambda each: -each.at)
            return requests, sorted(devices, key=lambda each: -each.approved_at)

    async def ask(
        self, device: DeviceFacts, role: str, scopes: Sequence[str], remote: str
    ) -> tuple[DeviceRequest, bool]:
        """The request, and whether it is new: the same device asks once, for what it asked for last."""
        async with self._lock:
            devices = await self._devices()
            now, wanted = self._clock.now_ms(), tuple(dict.fromkeys(scopes))
            for known in self._current():
                if known.device.id != device.id:
                    continue
                if (known.role, known.scopes) == (role, wanted):
                    return known, False
                # A person who approves what he read must not approve what was put in its place.
                del self._pending[known.request_id]
            if len(self._pending) >= MOST_PENDING:
                raise TooManyDevicesError(
                    f"{MOST_PENDING} devices wait already; approve or reject some: openclaw devices list"
                )
            request = DeviceRequest(new_id("pair"), device, role, wanted, remote, now, device.id in devices)
            self._pending[request.request_id] = request
            await self._keep_pending()
            return request, True

    async def request(self, request_id: str) -> DeviceRequest:
        """Raises UnknownDeviceError."""
        async with self._lock:
            await self._devices()
            return self._asked(request_id)

    async def approve(self, request_id: str) -> PairedDevice:
        """Raises UnknownDeviceError."""
        async with self._lock:
            devices = await self._devices()
            request = self._asked(request_id)
            paired = self._pair(
                devices.get(request.device.id), request.device, request.role, request.scopes, "owner"
            )
            await self._keep(paired)
            # Paired on disk before the request is gone: a crash between the two leaves both, which does no harm.
            del self._pending[request_id]
            await self._keep_pending()
            return paired

    async def reject(self, request_id: str) -> DeviceRequest:
        async with self._lock:
            await self._devices()
            request = self._asked(request_id)
            del self._pending[request_id]
            await self._keep_pending()
            return request

    async def pair_silently(self, device: DeviceFacts, role: str, scopes: Sequence[str]) -> PairedDevice:
        """For whoever has shown the shared token on this machine: he could do as much without a device."""
        async with self._lock:
            known = (await self._devices()).get(device.id)
            wanted = tuple(dict.fromkeys((*(known.scopes if known else ()), *scopes)))
            if known is not None and known.device == device and known.scopes == wanted:
                return known
            paired = self._pair(known, device, role, wanted, "silent")
            await self._keep(paired)
            return paired

    def _pair(
        self, known: PairedDevice | None, device: DeviceFacts, role: str, scopes: Sequence[str], via: str
    ) -> PairedDevice:
        now = self._clock.now_ms()
        if known is None:
            return PairedDevice(device, role, tuple(scopes), via, now, now)
        # What was revoked before is forgotten: a person has just said yes.
        tokens = tuple(
            replace(each, scopes=tuple(scopes)) for each in known.tokens if each.revoked_at is None
        )
        return replace(
            known,
            device=device,
            role=role,
            scopes=tuple(scopes),
            approved_via=via,
            approved_at=now,
            tokens=tokens,
        )

    async def remove(self, device_id: str) -> PairedDevice:
        async with self._lock:
            device = await self._known(device_id)
            await self._keep(None, device_id)
            self._shut_out(device_id)
            return device

    async def seen(self, device_id: str) -> None:
        """In memory: it is written with the next change."""
        async with self._lock:
            devices = await self._devices()
            if device := devices.get(device_id):
                devices[device_id] = replace(device, seen_at=self._clock.now_ms())

    # -- tokens -----------------------------------------------------------------------------------------------

    async def issue(self, device_id: str, role: str) -> tuple[str, DeviceToken] | None:
        """Its first token; None when it has one, or had one that was revoked. Shown once, and kept nowhere."""
        async with self._lock:
            device = (await self._devices()).get(device_id)
            if device is None or device.token(role) is not None:
                return None
            return await self._give(device, role, device.scopes, None)

    async def rotate(
        self, device_id: str, role: str, scopes: Sequence[str] | None
    ) -> tuple[str, DeviceToken]:
        """A new token, after which the old one is worth nothing. Raises UnknownDeviceError."""
        async with self._lock:
            device = await self._known(device_id)
            if role != device.role:
                raise UnknownDeviceError(f"the device {device_id} is not paired as {role}")
            held = (
                device.scopes if scopes is None else tuple(each for each in scopes if each in device.scopes)
            )
            given = await self._give(device, role, held, self._clock.now_ms())
            self._shut_out(device_id)
            return given

    async def revoke(self, device_id: str, role: str) -> int:
        """When. Raises UnknownDeviceError."""
        async with self._lock:
            device, now = await self._known(device_id), self._clock.now_ms()
            known = device.token(role) or DeviceToken(role, "", (), now)
            await self._keep(device.with_token(replace(known, digest="", revoked_at=now)))
            self._shut_out(device_id)
            return now

    async def until_revoked(self, device_id: str) -> None:
        """Returns when the device is removed or its token taken away; its connections end then."""
        await self._ends.setdefault(device_id, anyio.Event()).wait()

    def _shut_out(self, device_id: str) -> None:
        if (end := self._ends.pop(device_id, None)) is not None:
            end.set()

    async def _give(
        self, device: PairedDevice, role: str, scopes: Sequence[str], rotated: int | None
    ) -> tuple[str, DeviceToken]:
        token = new_token()
        kept = DeviceToken(role, digest(token), tuple(scopes), self._clock.now_ms(), rotated)
        await self._keep(device.with_token(kept))
        return token, kept

    # -- on disk ----------------------------------------------------------------------------------------------

    async def _devices(self) -> dict[str, PairedDevice]:
        if self._paired is None:
            pending = await anyio.to_thread.run_sync(self._read, self._pending_file, read_request)
            paired = await anyio.to_thread.run_sync(self._read, self._paired_file, read_paired)
            self._pending = {each.request_id: each for each in pending}
            self._paired = {each.device.id: each for each in paired}
        return self._paired

    async def _known(self, device_id: str) -> PairedDevice:
        if (device := (await self._devices()).get(device_id)) is None:
            raise UnknownDeviceError(
                f"no device is paired under {device_id[:80]!r}; see: openclaw devices list"
            )
        return device

    def _asked(self, request_id: str) -> DeviceRequest:
        if found := next((each for each in self._current() if each.request_id == request_id), None):
            return found
        raise UnknownDeviceError(
            f"no device asks under {request_id[:80]!r} (it waits ten minutes); see: openclaw devices list"
        )

    def _current(self) -> list[DeviceRequest]:
        now = self._clock.now_ms()
        self._pending = {
            name: each for name, each in self._pending.items() if abs(now - each.at) < LIFETIME_MS
        }
        return list(self._pending.values())

    async def _keep(self, device: PairedDevice | None, gone: str = "") -> None:
        """Into the file, then into memory."""
        devices = dict(await self._devices())
        devices.pop(gone, None)
        if device is not None:
            devices[device.device.id] = device
        if len(devices) > MOST_PAIRED:
            raise TooManyDevicesError(f"{MOST_PAIRED} devices are paired already; remove some first")
        kept = {name: paired_json(each, with_digests=True) for name, each in devices.items()}
        await anyio.to_thread.run_sync(_write, self._paired_file, kept)
        self._paired = devices

    async def _keep_pending(self) -> None:
        kept = {name: request_json(each) for name, each in self._pending.items()}
        await anyio.to_thread.run_sync(_write, self._pending_file, kept)

    def _read(self, path: Path, read: Callable[[Mapping[str, Any]], R | None]) -> list[R]:
        """Blocks."""
        try:
            tree = orjson.loads(path.read_bytes())
        except FileNotFoundError:
            return []
        except ValueError as error:
            aside = path.with_name(f"{path.name}.unreadable.{self._clock.now_ms()}")
            path.rename(aside)
            logger.error("%s could not be read (%s): moved to %s; pair its devices again", path, error, aside)
            return []
        items = tree.values() if isinstance(tree, dict) else ()
        found = [read(each) for each in items if isinstance(each, dict)]
        return [each for each in found if each is not None]


def holds(device: PairedDevice, role: str, offered: str | None) -> DeviceToken | None:
    """Pure. The device's token, if this is it."""
    token = device.token(role)
    if token is None or not offered or token.revoked_at is not None or not token.digest:
        return None
    return token if hmac.compare_digest(token.digest, digest(offered)) else None


def _write(path: Path, tree: Mapping[str, Any]) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_atomically(path, orjson.dumps(tree, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
