"""What a start asks of the ledger before it is opened: is it whole? Blocks.

Only what is needed for the answer is imported here; all else when the answer is no.
"""

import logging
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from openclaw.store import copies, replacing

if TYPE_CHECKING:
    from openclaw.ops.ledger.rescue import Rescued

logger = logging.getLogger(__name__)

LOOKED_AT_WHOLE = 64 << 20
"""Bytes: up to here every page is looked at, within a few hundredths of a second. A larger one is looked at by the
hourly copy, and at a start after anybody has met damage or the last end was no clean one."""


def look(ledger: Path, now_ms: int) -> "Rescued | None":
    """None: all is well. Raises LedgerError when it is damaged and there is no room for another."""
    if replacing.go_on(ledger, now_ms):
        logger.warning("%s: a ledger that was to take its place before the last end has done so now", ledger)
    if not ledger.exists():
        _wonder(ledger)
        return None
    if not _is_looked_at(ledger):
        return None
    fault = copies.faults(ledger)
    if not fault:
        suspicion(ledger).unlink(missing_ok=True)
        return None
    from openclaw.ops.ledger.rescue import rescue

    rescued = rescue(ledger, fault, now_ms)
    suspicion(ledger).unlink(missing_ok=True)
    logger.error("%s", rescued)
    return rescued


def _wonder(ledger: Path) -> None:
    if found := copies.listed(copies.folder(ledger)):
        logger.warning(
            "there is no %s, so a new one is made; a copy of the old one: openclaw backup restore %s",
            ledger,
            found[0].path,
        )


def _is_looked_at(ledger: Path) -> bool:
    log = ledger.with_name(f"{ledger.name}-wal")
    was_cut_off = log.exists() and log.stat().st_size > 0
    return was_cut_off or ledger.stat().st_size <= LOOKED_AT_WHOLE or suspicion(ledger).exists()


def suspect(ledger: Path) -> None:
    """Somebody has met damage: the next start looks at every page."""
    with suppress(OSError):
        suspicion(ledger).touch(mode=0o600)


def suspicion(ledger: Path) -> Path:
    return ledger.with_name(f"{ledger.name}.suspect")
