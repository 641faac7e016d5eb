"""Pairing: a stranger gets a code, the owner approves it where the stranger cannot."""

import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import orjson

from openclaw.files import write_atomically
from openclaw.types.clock import Clock, iso, parse_iso
from openclaw.types.errors import OpenClawError

logger = logging.getLogger(__name__)

ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # no I, O, 0, 1: codes are read aloud
CODE_LENGTH = 8
LIFETIME_MS = 3_600_000
PENDING_LIMIT = 3
FRESH_SECONDS = 1.0
"""How long what was read of who is paired counts."""


class UnknownCodeError(OpenClawError):
    """No pending request has this code."""


@dataclass(frozen=True, slots=True)
class PairingRequest:
    id: str
    code: str
    created_at: int
    last_seen_at: int
    meta: Mapping[str, Any] = field(default_factory=dict)


def current(requests: list[PairingRequest], now: int) -> list[PairingRequest]:
    # Either way: after the clock was set back, a request from the future does not wait for years.
    return [request for request in requests if abs(now - request.created_at) < LIFETIME_MS]


class PairingStore:
    """The requests and approvals of one channel account, in the files that the original uses too.

    Other programs may write them: both are read again before a stranger is turned away, and every second.
    """

    def __init__(self, folder: Path, channel: str, account: str, clock: Clock) -> None:
        self.channel = channel
        name = channel if account == "default" else f"{channel}-{account}"
        self._requests_file = folder / f"{name}-pairing.json"
        self._allowed_file = folder / f"{name}-allowFrom.json"
        self._clock = clock
        self._lock = anyio.Lock()
        self._paired: frozenset[str] = frozenset()
        self._stale_at = float("-inf")

    async def paired(self, sender: str) -> frozenset[str]:
        """Who is let in; nobody while the file cannot be read."""
        now = self._clock.monotonic()
        if sender not in self._paired or now >= self._stale_at:
            try:
                self._paired = frozenset(await anyio.to_thread.run_sync(self._read_allowed))
            except OSError as error:
                logger.error("%s cannot be read, so nobody is let in by it: %s", self._allowed_file, error)
                self._paired = frozenset()
            self._stale_at = now + FRESH_SECONDS
        return self._paired

    async def request(self, sender: str, meta: Mapping[str, Any]) -> str | None:
        """The code to tell a stranger, or None when there is nothing to say: asked already, or too many wait.

        `meta["event"]` names the event: when that one is looked at again after a crash, it gets its code again.
        """
        async with self._lock:
            return await anyio.to_thread.run_sync(self._request, sender, meta)

    async def pending(self) -> list[PairingRequest]:
        async with self._lock:
            return await anyio.to_thread.run_sync(self._read_requests)

    async def approve(self, code: str) -> PairingRequest:
        async with self._lock:
            request = await anyio.to_thread.run_sync(self._approve, code)
            self._stale_at = float("-inf")
            return request

    async def reject(self, code: str) -> PairingRequest:
        async with self._lock:
            return await anyio.to_thread.run_sync(self._take, code)

    # -- blocking, in a thread --------------------------------------------------------------------

    def _request(self, sender: str, meta: Mapping[str, Any]) -> str | None:
        now = self._clock.now_ms()
        requests = self._read_requests()
        for index, known in enumerate(requests):
            if known.id == sender:
                requests[index] = PairingRequest(known.id, known.code, known.created_at, now, known.meta)
                self._write_requests(requests)
                event = meta.get("event")
                return known.code if event is not None and known.meta.get("event") == event else None
        if len(requests) >= PENDING_LIMIT:
            return None
        code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
        self._write_requests([*requests, PairingRequest(sender, code, now, now, meta)])
        return code

    def _approve(self, code: str) -> PairingRequest:
        request = self._find(code)
        allowed = self._read_allowed()
        if request.id not in allowed:
            self._write(self._allowed_file, {"version": 1, "allowFrom": [*allowed, request.id]})
        # The approval is on disk before the request is gone: a crash in between leaves both, which does no harm.
        return self._take(code)

    def _take(self, code: str) -> PairingRequest:
        request = self._find(code)
        self._write_requests([other for other in self._read_requests() if other.code != request.code])
        return request

    def _find(self, code: str) -> PairingRequest:
        wanted = code.strip().upper()
        for request in self._read_requests():
            if secrets.compare_digest(request.code.encode(), wanted.encode()):
                return request
        raise UnknownCodeError(
            f"no {self.channel} pairing request has the code {wanted!r}; `openclaw pairing list` shows those that wait"
        )

    def _read_allowed(self) -> list[str]:
        return [str(entry) for entry in self._read(self._allowed_file, "allowFrom")]

    def _read_requests(self) -> list[PairingRequest]:
        found = [
            _request(item) for item in self._read(self._requests_file, "requests") if isinstance(item, dict)
        ]
        return current([request for request in found if request], self._clock.now_ms())

    def _write_requests(self, requests: list[PairingRequest]) -> None:
        self._write(self._requests_file, {"version": 1, "requests": [shown(request) for request in requests]})

    def _read(self, path: Path, key: str) -> list[Any]:
        try:
            data = orjson.loads(path.read_bytes())
        except FileNotFoundError:
            return []
        except ValueError as error:
            aside = path.with_name(f"{path.name}.unreadable.{self._clock.now_ms()}")
            path.rename(aside)
            logger.error(
                "%s could not be read (%s): moved to %s, whom it let in must be paired again",
                path,
                error,
                aside,
            )
            return []
        items = data.get(key) if isinstance(data, dict) else None
        return items if isinstance(items, list) else []

    def _write(self, path: Path, data: dict[str, Any]) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomically(path, orjson.dumps(data, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


def shown(request: PairingRequest) -> dict[str, Any]:
    return {
        "id": request.id,
        "code": request.code,
        "createdAt": iso(request.created_at),
        "lastSeenAt": iso(request.last_seen_at),
        "meta": dict(request.meta),
    }


def _request(item: Mapping[str, Any]) -> PairingRequest | None:
    try:
        meta = item.get("meta")
        return PairingRequest(
            str(item["id"]),
            str(item["code"]),
            parse_iso(item["createdAt"]),
            parse_iso(item["lastSeenAt"]),
            meta if isinstance(meta, dict) else {},
        )
    except (KeyError, TypeError, ValueError):
        return None
