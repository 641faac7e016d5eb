"""Secrets at the moment they are used: read off the loop, kept for minutes, and known to the log."""

import logging
import secrets
import stat
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import anyio

from openclaw.logs import Redactor
from openclaw.settings.references import file_of, read_reference
from openclaw.settings.sources.config import SecretsConfig
from openclaw.types.clock import Clock
from openclaw.types.errors import SecretError
from openclaw.types.secrets import Secret, SecretRef

logger = logging.getLogger(__name__)

KEPT_SECONDS = 300.0
KEPT_AFTER_FAILURE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class _Kept:
    secret: Secret
    since: float
    seconds: float


class SecretResolver:
    """Satisfies `types.secrets.Resolver`."""

    def __init__(
        self,
        environ: Mapping[str, str],
        clock: Clock,
        redactor: Redactor,
        sources: SecretsConfig | None = None,
    ) -> None:
        self._environ = environ
        self._sources = sources
        self._clock = clock
        self._redactor = redactor
        self._kept: dict[str, _Kept] = {}
        self._reading: dict[str, anyio.Lock] = {}
        self._known: frozenset[str] = frozenset()
        self._open_files: set[str] = set()

    def adopt(self, environ: Mapping[str, str], sources: SecretsConfig | None) -> None:
        """Another config holds: whatever was read is read again when it is asked for."""
        self._environ, self._sources = environ, sources
        # Kept for the day when a source fails, and no longer valid without being asked.
        self._kept = {text: replace(kept, seconds=0.0) for text, kept in self._kept.items()}

    def redact(self, value: str) -> None:
        """It stands in the config where no secret is looked for."""
        self._redactor.add(value)

    @property
    def known(self) -> frozenset[str]:
        """Every value seen so far, replaced ones too: none of them may leave the house."""
        return self._known

    def clean(self, text: str) -> str:
        return self._redactor.clean(text)

    async def resolve(self, reference: SecretRef, *, fresh: bool = False) -> Secret:
        asked = self._clock.monotonic()
        if reference.is_plain:
            return self._learn(reference.text)
        if not fresh and (kept := self._valid(reference.text, asked)):
            return kept
        # One program at a time for one secret: `op` may ask the owner to unlock it.
        async with self._reading.setdefault(reference.text, anyio.Lock()):
            if (kept := self._valid(reference.text, asked)) and (
                not fresh or self._read_since(reference, asked)
            ):
                return kept
            return await self._read(reference)

    def _valid(self, text: str, now: float) -> Secret | None:
        kept = self._kept.get(text)
        return kept.secret if kept and now < kept.since + kept.seconds else None

    def _read_since(self, reference: SecretRef, asked: float) -> bool:
        """Whether somebody else read it afresh while we waited for our turn."""
        return self._kept[reference.text].since > asked

    async def _read(self, reference: SecretRef) -> Secret:
        seconds = KEPT_SECONDS
        try:
            value = await anyio.to_thread.run_sync(self._read_here, reference.text, abandon_on_cancel=True)
        except SecretError as error:
            if (kept := self._kept.get(reference.text)) is None:
                raise
            logger.warning("%s The value read before is used.", error)
            value, seconds = kept.secret.reveal(), KEPT_AFTER_FAILURE_SECONDS
        secret = self._learn(value)
        self._kept[reference.text] = _Kept(secret, self._clock.monotonic(), seconds)
        return secret

    def _read_here(self, text: str) -> str:
        """In a thread."""
        value = read_reference(text, self._environ, self._sources)
        if text.startswith("file:") and text not in self._open_files:
            path = file_of(text, self._environ)
            if stat.S_IMODE(path.stat().st_mode) & 0o077:
                self._open_files.add(text)
                logger.warning("%s holds a secret and others may read it. Run: chmod 600 %s", path, path)
        return value

    def _learn(self, value: str) -> Secret:
        if value and value not in self._known:
            self._known |= {value}
            self._redactor.add(value)
        return Secret(value)


def installation_key(credentials: Path) -> bytes:
    """Made once; the marks around outside text are derived from it."""
    path = credentials / "installation.key"
    if not path.exists():
        credentials.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_bytes(secrets.token_bytes(32))
    return path.read_bytes()
