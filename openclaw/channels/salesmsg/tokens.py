"""The token for SalesMsg's API: it lives for an hour, is exchanged for a new one before, and outlives a restart."""

import hashlib
import json
import logging
import os
from dataclasses import dataclass
from pathlib import Path

import anyio
import anyio.to_thread

from openclaw.net.api_client import ApiClient, UnansweredError, UnsentError
from openclaw.net.fetched import Fetched
from openclaw.net.messages import decoded, reason
from openclaw.types.clock import Clock
from openclaw.types.errors import ChannelError, SecretError
from openclaw.types.secrets import Resolver, SecretRef

logger = logging.getLogger(__name__)

FILE = "salesmsg-token.json"
REFRESH_PATH = "/oauth/personal-token/refresh"
REFRESH_SECONDS = 55 * 60.0
RETRY_SECONDS = 60.0
_MEND_WAIT_SECONDS = 300.0
_REFUSED = frozenset({401, 403})


@dataclass(frozen=True, slots=True)
class Kept:
    """A token, and when another one is due in its place; None: it is not known to end."""

    token: str
    due: int | None


class Tokens:
    """For one configured token; `folder` is where the present one is written, None keeps it in memory."""

    def __init__(
        self, reference: SecretRef, resolver: Resolver, client: ApiClient, clock: Clock, folder: Path | None
    ) -> None:
        self._reference = reference
        self._resolver = resolver
        self._client = client
        self._clock = clock
        self._file = folder / FILE if folder is not None else None
        self._kept: Kept | None = None
        self._changing = anyio.Lock()

    async def current(self) -> str:
        """Raises ChannelError where the configured one cannot be read."""
        async with self._changing:
            return (await self._load()).token

    async def keep_fresh(self) -> None:
        """Until cancelled. Raises ChannelError when SalesMsg takes none of what we have."""
        while True:
            await self._wait_until_due()
            try:
                await self.renew(await self.current())
            except (UnsentError, UnansweredError) as error:
                logger.warning("the token for SalesMsg is not renewed yet: %s", error)
                await anyio.sleep(RETRY_SECONDS)

    async def _wait_until_due(self) -> None:
        while True:
            async with self._changing:
                due = (await self._load()).due
            if due is None:
                await anyio.sleep_forever()
            elif (left := (due - self._clock.now_ms()) / 1000) > 0:
                # In naps: a machine that slept has not counted the minutes.
                await anyio.sleep(min(left, RETRY_SECONDS))
            else:
                return

    async def renew(self, stale: str) -> bool:
        """Whether there is another one than `stale` now. Raises ChannelError, UnsentError, UnansweredError."""
        async with self._changing:
            if (await self._load()).token == stale:
                await self._exchange(stale)
            return (await self._load()).token != stale

    async def _exchange(self, stale: str) -> None:
        # Once it is asked for, the old one is void: whoever stops us now would leave us with none.
        with anyio.CancelScope(shield=True):
            answer = await self._client.post(REFRESH_PATH, headers={"Authorization": f"Bearer {stale}"})
            await self._take(answer, stale)

    async def _take(self, answer: Fetched, stale: str) -> None:
        body = decoded(answer)
        inner = body.get("data")
        fresh = {**(inner if isinstance(inner, dict) else {}), **body}
        token = fresh.get("access_token") or fresh.get("token")
        if answer.status < 400 and isinstance(token, str) and token:
            lives = fresh.get("expires_in")
            seconds = min(lives * 0.9, REFRESH_SECONDS) if isinstance(lives, int) else REFRESH_SECONDS
            await self._keep(Kept(token, self._clock.now_ms() + round(seconds * 1000)))
        elif answer.status in _REFUSED:
            await self._begin_anew(stale)
        elif answer.status >= 500 or answer.status == 429:
            raise UnansweredError(reason(answer))
        else:
            # A token of another kind, which is not exchanged.
            logger.info("SalesMsg does not renew this token (%s); it is used as it is", reason(answer))
            self._kept = Kept(stale, None)

    async def _begin_anew(self, stale: str) -> None:
        """The present one has ended; the owner may have put another one in its place."""
        configured = await self._configured(fresh=True)
        if configured == stale:
            raise ChannelError(
                "SalesMsg refuses the token: make a new personal access token there (Settings, API) and set"
                " channels.salesmsg.apiToken",
                wait_seconds=_MEND_WAIT_SECONDS,
            )
        await self._keep(Kept(configured, self._clock.now_ms()))

    async def _load(self) -> Kept:
        if self._kept is None:
            configured = await self._configured()
            self._kept = await self._written(configured) or Kept(configured, self._clock.now_ms())
            # So that the log knows what never to write.
            await self._resolver.resolve(SecretRef(self._kept.token))
        return self._kept

    async def _configured(self, *, fresh: bool = False) -> str:
        try:
            token = (await self._resolver.resolve(self._reference, fresh=fresh)).reveal().strip()
        except SecretError as error:
            raise ChannelError(f"channels.salesmsg.apiToken: {error}", wait_seconds=RETRY_SECONDS) from error
        if not token:
            raise ChannelError("channels.salesmsg.apiToken is empty", wait_seconds=_MEND_WAIT_SECONDS)
        return token

    async def _written(self, configured: str) -> Kept | None:
        """The one that an earlier life has got for the same configured token."""
        if self._file is None:
            return None
        try:
            found = json.loads(await anyio.to_thread.run_sync(self._file.read_bytes))
            if found["source"] != _fingerprint(configured):
                return None
            return Kept(str(found["token"]), int(found["renewAt"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    async def _keep(self, kept: Kept) -> None:
        """Written before it is used: the one before it may be void already."""
        await self._resolver.resolve(SecretRef(kept.token))
        if self._file is not None:
            source = _fingerprint(await self._configured())
            content = {"version": 1, "source": source, "token": kept.token, "renewAt": kept.due}
            try:
                await anyio.to_thread.run_sync(_write, self._file, json.dumps(content).encode())
            except OSError as error:
                logger.error("the token for SalesMsg cannot be written to %s: %s", self._file, error)
        self._kept = kept


def _fingerprint(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
