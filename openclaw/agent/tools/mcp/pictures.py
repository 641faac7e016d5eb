"""Images of results, kept as files of the state directory."""

import hashlib
import os
from pathlib import Path

import anyio.to_thread

from openclaw.agent.tools.mcp.results import Image
from openclaw.types.conversation import Picture

_SUFFIXES = {"image/png": ".png", "image/jpeg": ".jpg", "image/gif": ".gif", "image/webp": ".webp"}


class PictureFolder:
    """`<state>/media/mcp/`. A file is named by what it holds: the same image is there once."""

    def __init__(self, state: Path) -> None:
        self._state = state

    async def keep(self, image: Image) -> Picture:
        """Raises OSError."""
        name = f"{hashlib.sha256(image.data).hexdigest()[:40]}{_SUFFIXES[image.media_type]}"
        relative = f"media/mcp/{name}"
        await anyio.to_thread.run_sync(_write, self._state / relative, image.data)
        return Picture(relative, image.media_type)


def _write(path: Path, data: bytes) -> None:
    if path.exists():
        # As young as a new one: old ones are taken away.
        os.utime(path)
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Its own name for each writer: two that keep the same image at once do not meet.
    part = path.with_name(f".{path.name}.{os.urandom(4).hex()}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(descriptor)
    part.replace(path)
