"""Pictures that conversations were shown are copies, kept for a while: nothing else takes them away."""

import logging
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import anyio
import anyio.to_thread

from openclaw.types.clock import Clock

logger = logging.getLogger(__name__)

FOLDERS = ("media/pictures", "media/mcp")
KEPT_DAYS = 30
"""A conversation that goes on after that is told in words that there was a picture."""
EVERY_SECONDS = 24 * 3600.0


async def keep_small(state: Path, clock: Clock) -> None:
    """Until cancelled."""
    folders = [state / folder for folder in FOLDERS]
    while True:
        gone = await anyio.to_thread.run_sync(forget, folders, clock.now_ms())
        if gone:
            logger.info("%d pictures that nobody was shown for %d days were removed", gone, KEPT_DAYS)
        await anyio.sleep(EVERY_SECONDS)


def forget(folders: Sequence[Path], now_ms: int) -> int:
    """How many files are gone. Blocks. What cannot be removed stays."""
    oldest, gone = now_ms / 1000 - KEPT_DAYS * 86_400, 0
    for folder in folders:
        with suppress(OSError), os.scandir(folder) as found:
            for entry in found:
                with suppress(OSError):
                    if entry.is_file(follow_symlinks=False) and entry.stat().st_mtime < oldest:
                        Path(entry.path).unlink()
                        gone += 1
    return gone
