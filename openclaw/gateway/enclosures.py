"""Files that go out: each a copy of its own beneath the media folder, made when it is asked for."""

import hashlib
import mimetypes
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import anyio
import anyio.to_thread

from openclaw.agent.tools.base import ToolError
from openclaw.agent.tools.files.door import Beneath
from openclaw.agent.tools.files.pictures import media_type
from openclaw.agent.tools.files.place import Territory
from openclaw.files import write_atomically
from openclaw.gateway.redaction import SHORTEST, holds_secret
from openclaw.types.clock import Clock
from openclaw.types.messages import Enclosure

MOST_BYTES = 50_000_000
"""Telegram's bots send no more; what a channel takes less of it says itself."""
DAYS_KEPT = 35
"""Longer than the outbox remembers what was sent."""
EVERY_SECONDS = 24 * 3600.0
FOLDER = "outbound"
ANYTHING = "application/octet-stream"
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST_NAME = 80
_SEARCHED = 4_000_000
"""Bytes of a text that are searched for a secret in disguise; as it stands it is found anywhere."""


@dataclass(frozen=True, slots=True)
class Enclosures:
    state: Path
    """Beneath it nothing may be sent but what lies in a workspace."""
    media: Path
    clock: Clock
    secrets: Callable[[], frozenset[str]]

    async def keep(self, path: str, workspace: Path) -> Enclosure:
        """`path`: as the model names it. Raises ToolError."""
        return await anyio.to_thread.run_sync(self._keep, path, workspace)

    async def run(self) -> None:
        """Until cancelled: copies that nothing will send any more are removed."""
        while True:
            await anyio.to_thread.run_sync(self.forget)
            await anyio.sleep(EVERY_SECONDS)

    def _keep(self, text: str, workspace: Path) -> Enclosure:
        path = Territory(workspace.absolute(), (self.state.absolute(),)).place(text)
        content = Beneath(path.root).read(path, MOST_BYTES)
        if not content.whole:
            raise ToolError(f"{path} is larger than {MOST_BYTES:,} bytes; nothing larger is sent")
        if not content.data:
            raise ToolError(f"{path} is empty; there is nothing to send")
        if _tells(content.data, self.secrets()):
            raise ToolError(f"{path} holds one of the secrets of this installation; it is not sent")
        name = path.parts[-1]
        place = f"{FOLDER}/{self._today():%Y-%m-%d}/{_stored_name(content.data, name)}"
        _store(self.media / place, content.data)
        return Enclosure(place, name, _type(name, content.data), len(content.data))

    def forget(self) -> None:
        oldest = f"{self._today() - timedelta(days=DAYS_KEPT):%Y-%m-%d}"
        for day in (self.media / FOLDER).glob("????-??-??"):
            if day.name < oldest:
                shutil.rmtree(day, ignore_errors=True)

    def _today(self) -> datetime:
        return datetime.fromtimestamp(self.clock.now_ms() / 1000, UTC)


def _stored_name(data: bytes, name: str) -> str:
    """The same file has the same name, and two files never do."""
    return f"{hashlib.sha256(data).hexdigest()[:16]}-{_UNSAFE.sub('_', name)[-_LONGEST_NAME:]}"


def _store(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomically(path, data)
    except OSError as error:
        raise ToolError(f"it could not be made ready to be sent: {error.strerror or error}") from error


def _tells(data: bytes, secrets: frozenset[str]) -> bool:
    """In any form where it is text; as it stands where it is something else."""
    if any(len(secret) >= SHORTEST and secret.encode() in data for secret in secrets):
        return True
    try:
        return holds_secret(data[:_SEARCHED].decode(), secrets)
    except UnicodeDecodeError:
        return False


def _type(name: str, data: bytes) -> str:
    """Of a picture by its bytes: channels refuse one that is not what it says. Else by its name."""
    if picture := media_type(data[:32]):
        return picture
    guessed, packed = mimetypes.guess_type(name)
    if guessed is None or packed is not None or guessed.startswith("image/"):
        return ANYTHING
    return guessed
