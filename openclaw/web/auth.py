"""The one place where a shared token is checked, and where failed attempts are counted."""

import hmac
import logging
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Literal

from openclaw.types.clock import Clock
from openclaw.types.errors import SecretError
from openclaw.types.secrets import Secret
from openclaw.web.config import RateLimitConfig
from openclaw.web.guard import Peer

logger = logging.getLogger(__name__)

MAX_REMEMBERED = 4096


@dataclass(slots=True)
class _Attempts:
    failures: list[float] = field(default_factory=list)
    locked_until: float = 0.0


class FailureLimiter:
    """Refused attempts by client, and of all together: whoever has many addresses gets no more guesses by them.

    The tables are bounded: the client that was longest quiet is forgotten first.
    """

    def __init__(self, config: RateLimitConfig, clock: Clock) -> None:
        self._config = config
        self._clock = clock
        self._clients: OrderedDict[str, _Attempts] = OrderedDict()
        self._together: deque[float] = deque(maxlen=config.max_attempts_together)
        self._welcome: OrderedDict[str, None] = OrderedDict()
        """Clients that have been let in: strangers cannot keep them out."""

    def locked_for(self, peer: Peer) -> float:
        """Seconds that this client has to wait; 0 when it may try."""
        if self._exempt(peer):
            return 0.0
        now, attempts = self._clock.monotonic(), self._clients.get(peer.key)
        own = max(0.0, attempts.locked_until - now) if attempts is not None else 0.0
        return own if peer.key in self._welcome else max(own, self._locked_for_all(now))

    def _locked_for_all(self, now: float) -> float:
        if len(self._together) < self._config.max_attempts_together:
            return 0.0
        return max(0.0, self._together[0] + self._config.window_ms / 1000 - now)

    def failed(self, peer: Peer) -> None:
        if self._exempt(peer):
            return
        now = self._clock.monotonic()
        was_open = not self._locked_for_all(now)
        self._together.append(now)
        if was_open and self._locked_for_all(now):
            logger.warning("too many refused attempts from everywhere: only known clients may try for now")
        attempts = self._clients.setdefault(peer.key, _Attempts())
        self._clients.move_to_end(peer.key)
        window = self._config.window_ms / 1000
        attempts.failures = [at for at in attempts.failures if now - at < window] + [now]
        if len(attempts.failures) >= self._config.max_attempts:
            attempts.locked_until = now + self._config.lockout_ms / 1000
            attempts.failures = []
        while len(self._clients) > MAX_REMEMBERED:
            self._clients.popitem(last=False)

    def succeeded(self, peer: Peer) -> None:
        self._clients.pop(peer.key, None)
        self._welcome[peer.key] = None
        self._welcome.move_to_end(peer.key)
        while len(self._welcome) > MAX_REMEMBERED:
            self._welcome.popitem(last=False)

    def _exempt(self, peer: Peer) -> bool:
        # What comes through a proxy has a loopback address too, and must not lock out the owner's own programs.
        return peer.local and self._config.exempt_loopback


@dataclass(frozen=True, slots=True)
class Admission:
    verdict: Literal["admitted", "missing", "mismatch", "locked"]
    retry_after: float = 0.0
    by: Literal["token", "device"] = "token"
    """What was shown: the shared token, or that of a paired device."""

    @property
    def admitted(self) -> bool:
        return self.verdict == "admitted"


class TokenCheck:
    """Asks for the token at every attempt, so that a rotated one counts at once and the old one no more."""

    def __init__(self, token: Callable[[], Awaitable[Secret]] | None, limiter: FailureLimiter) -> None:
        """`token=None`: every program on this machine is let in, nothing else is."""
        self._token = token
        self._limiter = limiter

    async def admit(
        self, offered: str | None, peer: Peer, *, of_device: Callable[[], bool] | None = None
    ) -> Admission:
        """`of_device`: whether what is shown is the token of the device that shows it."""
        # Nothing is awaited between the look at the lock and the count, or a burst would get more tries than one.
        expected = await self._expected()
        if wait := self._limiter.locked_for(peer):
            return Admission("locked", wait)
        if expected is None and peer.local:
            return Admission("admitted")
        if not offered:
            return Admission("missing")
        if expected is not None and _same(offered, expected.reveal()):
            self._limiter.succeeded(peer)
            return Admission("admitted")
        if of_device is not None and of_device():
            self._limiter.succeeded(peer)
            return Admission("admitted", by="device")
        self._limiter.failed(peer)
        return Admission("mismatch")

    async def _expected(self) -> Secret | None:
        if self._token is None:
            return None
        try:
            return await self._token()
        except SecretError as error:
            logger.error("nobody can connect: gateway.auth.token: %s", error)
            return Secret("")


def _same(offered: str, expected: str) -> bool:
    # Hashed first, so that neither the time taken nor an exception tells the expected length.
    theirs = sha256(offered.encode("utf-8", "surrogatepass")).digest()
    return bool(expected) and hmac.compare_digest(theirs, sha256(expected.encode()).digest())
