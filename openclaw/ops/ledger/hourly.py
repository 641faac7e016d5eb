"""The daemon's own copies of the ledger, one an hour, made beside the loop."""

import logging
from pathlib import Path

import anyio
import anyio.to_thread

from openclaw.ops.ledger.begin import suspect
from openclaw.store import copies
from openclaw.store.config import LedgerCopies
from openclaw.store.copies import CopyError, DamagedError
from openclaw.types.alerts import Alert
from openclaw.types.clock import Clock, parse_iso

logger = logging.getLogger(__name__)

FIRST_SECONDS = 60.0
"""After the start, which has other things to do."""


async def keep_copies(ledger: Path, config: LedgerCopies, alert: Alert, clock: Clock) -> None:
    """Until cancelled."""
    if config.every_minutes == 0:
        return
    every = config.every_minutes * 60.0
    newest = await anyio.to_thread.run_sync(_newest, ledger)
    await anyio.sleep(first_wait(newest, clock.now_ms(), every))
    while True:
        await keep_one(ledger, config, alert, clock)
        await anyio.sleep(every)


async def keep_one(ledger: Path, config: LedgerCopies, alert: Alert, clock: Clock) -> None:
    try:
        kept = await anyio.to_thread.run_sync(copies.keep, ledger, clock.now_ms(), config.keep)
    except DamagedError as error:
        await anyio.to_thread.run_sync(suspect, ledger)
        await alert(
            "ledger-damaged",
            f"{error}. It still works where it is whole; a restart replaces it with the newest good copy and what can"
            " be read of it: openclaw service restart",
        )
    except CopyError as error:
        await alert("ledger-copy", f"The ledger could not be copied: {error}")
    else:
        logger.debug("the ledger was copied: %s", kept.path)


def first_wait(newest_ms: int | None, now_ms: int, every: float) -> float:
    """Pure. A daemon that starts anew again and again still has its copies, and not one at each start."""
    if newest_ms is None:
        return FIRST_SECONDS
    return min(max(FIRST_SECONDS, every - (now_ms - newest_ms) / 1000), every)


def _newest(ledger: Path) -> int | None:
    found = copies.listed(copies.folder(ledger))
    return parse_iso(copies.iso_of(found[0].at)) if found else None
