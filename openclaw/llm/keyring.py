"""What is known of each key: how it fared with each model, who uses it, and when it is asked again."""

import hashlib
import logging
import time
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from pathlib import Path

import anyio
import anyio.to_thread
import orjson

from openclaw.files import write_atomically
from openclaw.llm import auth_file, cooling
from openclaw.llm.auth_file import EVERY_MODEL, Record
from openclaw.llm.cooling import Trouble
from openclaw.llm.profiles import Profile, Stored
from openclaw.types.clock import Clock
from openclaw.types.secrets import Secret

logger = logging.getLogger(__name__)

FLUSH_SECONDS = 1.0
SESSIONS = 4096
USE_SHOWN_MS = 60_000
"""That a key was used is not written more often than this."""


def fingerprint(key: Secret) -> str:
    """Tells whether a key is still the same, and nothing else of it."""
    return hashlib.sha256(key.reveal().encode()).hexdigest()[:12]


class Keyring:
    def __init__(self, path: Path, clock: Clock) -> None:
        self.path = path
        self._clock = clock
        self._document: auth_file.Json | None = {}
        """None: the file is there and cannot be read, so it is not written over."""
        self._records: dict[str, Record] = {}
        self._profiles: tuple[Profile, ...] = ()
        self._good: dict[str, str] = {}
        self._uses_shown: dict[str, int] = {}
        self._favourites: OrderedDict[tuple[str, str], str] = OrderedDict()
        self._gates: dict[tuple[str, str], float] = {}
        self._misses: dict[tuple[str, str], int] = {}
        self._recoveries: dict[str, anyio.Event] = {}
        self._changed = False
        self._failing = False
        self.stored: Stored = {}

    # -- what a turn asks -----------------------------------------------------------------------------

    def trouble(self, profile: str, model: str) -> Trouble | None:
        """Why the key should not be used with the model now."""
        troubles, now = self._record(profile).troubles, self._clock.now_ms()
        found = (troubles.get(EVERY_MODEL), troubles.get(model))
        return next((each for each in found if each is not None and each.active(now)), None)

    def troubles(self, profile: str) -> Mapping[str, Trouble]:
        """Those of now, by model."""
        now = self._clock.now_ms()
        return {model: each for model, each in self._record(profile).troubles.items() if each.active(now)}

    def used(self) -> Mapping[str, int]:
        return {name: record.used for name, record in self._records.items()}

    def favourite(self, session: str, provider: str) -> str | None:
        return self._favourites.get((session, provider))

    def gate(self, profile: str, model: str) -> float:
        """Seconds until a key in trouble may be asked again all the same, because there is no other."""
        return max(self._gates.get((profile, model), 0.0) - self._clock.monotonic(), 0.0)

    def close_gate(self, profile: str, model: str, seconds: float) -> None:
        """For everyone: of all who wait for a key, one asks and the others see how it goes."""
        self._gates[profile, model] = self._clock.monotonic() + seconds

    async def recovery(self, model: str) -> None:
        """Returns when a key that was in trouble has answered with the model."""
        await self._recoveries.setdefault(model, anyio.Event()).wait()

    def missed(self, profile: str, model: str) -> int:
        """Refusals since the last answer, this one included."""
        self._misses[profile, model] = self._misses.get((profile, model), 0) + 1
        return self._misses[profile, model]

    # -- what a turn tells ----------------------------------------------------------------------------

    def answered(self, profile: Profile, model: str, session: str) -> None:
        record, now = self._record(profile.id), self._clock.now_ms()
        cleared = [record.troubles.pop(name, None) for name in (model, EVERY_MODEL)]
        seen = now - self._uses_shown.get(profile.id, 0) < USE_SHOWN_MS
        if any(cleared) or not seen or self._good.get(profile.provider) != profile.id:
            self._changed = True
            self._uses_shown[profile.id] = now
        record.used = now
        self._good[profile.provider] = profile.id
        if any(cleared) and (recovery := self._recoveries.pop(model, None)) is not None:
            recovery.set()
        for times in (self._gates, self._misses):
            times.pop((profile.id, model), None)
        place = (session, profile.provider)
        self._favourites[place] = profile.id
        self._favourites.move_to_end(place)
        if len(self._favourites) > SESSIONS:
            self._favourites.popitem(last=False)

    def limited(self, profile: str, model: str, retry_after: float | None) -> None:
        self._note(profile, model, cooling.limited(self._last(profile, model), self._now(), retry_after))

    def unpaid(self, profile: str) -> None:
        self._note(profile, EVERY_MODEL, cooling.unpaid(self._last(profile, EVERY_MODEL), self._now()))

    def refused(self, profile: str, model: str, key: Secret) -> None:
        told = cooling.refused(self._last(profile, model), self._now(), fingerprint(key))
        self._note(profile, model, told)

    def _note(self, profile: str, model: str, trouble: Trouble) -> None:
        troubles = self._record(profile).troubles
        if troubles.get(model) != trouble:
            troubles[model] = trouble
            self._changed = True

    def _last(self, profile: str, model: str) -> Trouble | None:
        return self._record(profile).troubles.get(model)

    def _record(self, profile: str) -> Record:
        return self._records.setdefault(profile, Record())

    def _now(self) -> int:
        return self._clock.now_ms()

    # -- the file -------------------------------------------------------------------------------------

    async def load(self) -> None:
        self._document = await anyio.to_thread.run_sync(_read, self.path)
        self._records = auth_file.records(self._document or {})
        self.stored = auth_file.stored_profiles(self._document or {})

    def name(self, profiles: Iterable[Profile]) -> None:
        """The keys of the config, for the file to name them."""
        self._profiles = tuple(profiles)

    async def keep_written(self) -> None:
        """The write-behind; ends only by being cancelled, and then writes once more."""
        try:
            while True:
                await anyio.sleep(FLUSH_SECONDS)
                await self.flush()
        finally:
            with anyio.CancelScope(shield=True):
                await self.flush()

    async def flush(self) -> None:
        """Write if anything changed. A failure is told once, and tried again with the next flush."""
        if not self._changed or self._document is None:
            return
        self._changed = False
        self._document = auth_file.filled(self._document, self._profiles, self._records, self._good)
        data = orjson.dumps(self._document, option=orjson.OPT_INDENT_2)
        try:
            await anyio.to_thread.run_sync(_write, self.path, data)
        except OSError as error:
            self._changed = True
            if not self._failing:
                logger.error("%s could not be written: %s; it is tried again", self.path, error.strerror)
            self._failing = True
        else:
            self._failing = False


def _read(path: Path) -> auth_file.Json | None:
    """Blocks. What cannot be read is moved aside: it may hold somebody's keys."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return {}
    except OSError as error:
        logger.error("%s could not be read: %s; keys begin without a past", path, error.strerror)
        return None
    try:
        return auth_file.parse(data)
    except ValueError as error:
        aside = path.with_name(f"{path.name}.unreadable.{time.time_ns() // 1_000_000}")
        path.replace(aside)
        logger.error("%s could not be read (%s): moved to %s, keys begin without a past", path, error, aside)
        return {}


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_atomically(path, data + b"\n")
