"""How a browser is let in: a one-time code becomes a session that can be revoked."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

import anyio

from openclaw.store.browsers import BrowserRow
from openclaw.types.clock import Clock, iso
from openclaw.types.secrets import Secret
from openclaw.web.desk import Json, LoginCode, UnknownKeyError

CODE_SECONDS = 600
MOST_CODES = 16
"""Unused at once; the oldest gives way."""
NAME_CHARS = 160


class Browsers(Protocol):
    """Where they are remembered."""

    async def sign_in(self, sha256: str, name: str) -> tuple[BrowserRow, list[str]]: ...

    async def find(self, sha256: str) -> BrowserRow | None: ...

    async def listing(self) -> list[BrowserRow]: ...

    async def sign_out(self, browser_id: str | None) -> list[str]: ...


class Codes(Protocol):
    """Where codes wait that were made while no daemon ran."""

    async def keep(self, sha256: str, expires_at: int) -> None: ...

    async def take(self, sha256: str) -> bool: ...

    async def clear(self) -> None: ...


@dataclass(frozen=True, slots=True)
class _Code:
    sha256: str
    expires: float
    """On the steady clock: a changed wall clock makes no code young again."""


class Logins:
    """Satisfies `web.desk.LoginDesk`. Codes live in memory: after a restart one asks for another.

    Only those that were made for a daemon yet to start are kept, by the wall clock.
    """

    def __init__(self, browsers: Browsers, kept: Codes, clock: Clock) -> None:
        self._browsers = browsers
        self._kept = kept
        self._clock = clock
        self._codes: list[_Code] = []
        self._present: dict[str, list[anyio.Event]] = {}

    def offer(self) -> LoginCode:
        code = secrets.token_urlsafe(32)
        expires = self._clock.monotonic() + CODE_SECONDS
        self._codes = [*self._codes[1 - MOST_CODES :], _Code(_hash(code), expires)]
        return LoginCode(Secret(code), self._clock.now_ms() + CODE_SECONDS * 1000)

    async def offer_for_later(self) -> LoginCode:
        """For the daemon that starts next, from a process that ends before."""
        code, expires = secrets.token_urlsafe(32), self._clock.now_ms() + CODE_SECONDS * 1000
        await self._kept.keep(_hash(code), expires)
        return LoginCode(Secret(code), expires)

    async def redeem(self, code: str, name: str) -> Secret | None:
        # Looked up by the hash, so nothing about a code can be learnt from how long the search takes.
        wanted, now = _hash(code), self._clock.monotonic()
        found = next((each for each in self._codes if each.sha256 == wanted), None)
        if found is None:
            if not await self._kept.take(wanted):
                return None
        else:
            # Taken out before anything is awaited: of two who show it at once, one is let in.
            self._codes.remove(found)
            if now >= found.expires:
                return None
        token = secrets.token_urlsafe(32)
        _, gone = await self._browsers.sign_in(_hash(token), _printable(name))
        self._dismiss(gone)
        return Secret(token)

    async def browser(self, token: str) -> str | None:
        row = await self._browsers.find(_hash(token))
        return row.id if row is not None else None

    async def browsers(self) -> Sequence[Json]:
        return [
            {"id": row.id, "name": row.name, "signedInAt": iso(row.signed_in_at), "seenAt": iso(row.seen_at)}
            for row in await self._browsers.listing()
        ]

    async def revoke(self, browser_id: str | None) -> int:
        """Its connections end too. A code that was not used yet is void as well when all are revoked."""
        if browser_id is None:
            self._codes.clear()
            await self._kept.clear()
        gone = await self._browsers.sign_out(browser_id)
        if browser_id is not None and not gone:
            raise UnknownKeyError(f"no browser {browser_id!r} is signed in; see: openclaw dashboard --list")
        self._dismiss(gone)
        return len(gone)

    async def until_revoked(self, browser_id: str) -> None:
        """Returns at once for a browser that is signed out already."""
        event = anyio.Event()
        waiting = self._present.setdefault(browser_id, [])
        waiting.append(event)
        try:
            # Between the handshake and now it may have been signed out.
            if any(row.id == browser_id for row in await self._browsers.listing()):
                await event.wait()
        finally:
            waiting.remove(event)
            if not waiting:
                self._present.pop(browser_id, None)

    def _dismiss(self, browser_ids: Iterable[str]) -> None:
        for browser_id in browser_ids:
            for event in self._present.get(browser_id, []):
                event.set()


def _hash(secret: str) -> str:
    return sha256(secret.encode("utf-8", "replace")).hexdigest()


def _printable(name: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in name[:NAME_CHARS]).strip()
