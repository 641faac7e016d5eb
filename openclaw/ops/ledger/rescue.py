"""A damaged ledger at the start: it is moved aside, and the newest good copy takes its place. Blocks.

The new ledger is made whole under a name of its own before anything is moved. Who is killed later than that goes on at
the next start, who is killed earlier begins anew.
"""

import logging
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from openclaw.files import sync_folder
from openclaw.ops.ledger.reconciling import Past, Settled, reconcile
from openclaw.store import copies, replacing
from openclaw.store.copies import Copy, CopyError
from openclaw.store.database import LedgerError, make_ready
from openclaw.store.migrations import STEPS
from openclaw.store.salvage import Salvaged, salvage
from openclaw.types.clock import parse_iso

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Rescued:
    fault: str
    aside: Path
    copy: Copy | None
    """None: there was none, and what could be read is all there is."""
    salvaged: Salvaged
    settled: Settled

    def __str__(self) -> str:
        """For the owner."""
        if self.copy is None:
            base = "There was no copy, so it begins anew with what could still be read of it"
        else:
            at = readable(self.copy.at)
            base = f"The copy of {at} has taken its place, with what could still be read of the newer"
        lost = sorted(self.salvaged.broken)
        missing = f" Not all could be read of: {', '.join(lost)}." if lost else " Every row could be read."
        if not self.salvaged.whole:
            missing = " Nothing could be read."
        doubtful = self.settled.doubtful
        doubt = f" {doubtful} message{'s' * (doubtful != 1)} may have been sent or not: openclaw outbox list."
        missing += doubt if doubtful else ""
        return (
            f"The ledger was damaged ({self.fault}). {base}.{missing} The damaged one is kept: {self.aside}"
        )


def readable(at: str) -> str:
    """`2026-11-21 17:00 UTC`."""
    return f"{at[:4]}-{at[4:6]}-{at[6:8]} {at[9:11]}:{at[11:13]} UTC"


def rescue(ledger: Path, fault: str, now_ms: int) -> Rescued:
    """Raises LedgerError where there is no room."""
    aside = ledger.with_name(f"{ledger.name}.damaged-{copies.stamp(now_ms)}")
    building = ledger.with_name(f".{ledger.name}.building")
    try:
        copy = _begin(building, ledger)
        salvaged = salvage_into(building, ledger)
        since = parse_iso(copies.iso_of(copy.at)) if copy is not None else 0
        settled = reconcile(Past(building, since, salvaged=salvaged), ledger.parent, now_ms)
        _whole(building, replacing.coming(ledger))
        replacing.put_in_place(ledger, aside)
    except (OSError, sqlite3.DatabaseError, CopyError) as error:
        copies.discard(building)
        raise LedgerError(
            f"{ledger} is damaged ({fault}), and what would take its place cannot be written: {error};"
            " free some space on its disk and start again"
        ) from error
    return Rescued(fault, aside, copy, salvaged, settled)


def _begin(building: Path, ledger: Path) -> Copy | None:
    for copy in copies.listed(copies.folder(ledger)):
        if copy.version > len(STEPS):
            continue
        with suppress(CopyError), copies.reading(copy.path) as source:
            copies.write(source, building)
            return copy
        logger.warning("%s is damaged too; an older one is taken", copy.path)
    copies.discard(building)
    return None


def salvage_into(building: Path, damaged: Path) -> Salvaged:
    with closing(sqlite3.connect(building, isolation_level=None)) as tx:
        make_ready(tx, building)
        return salvage(tx, damaged)


def _whole(building: Path, target: Path) -> None:
    """Checked, in one file, on the disk."""
    with closing(sqlite3.connect(building, isolation_level=None)) as tx:
        tx.execute("PRAGMA journal_mode = DELETE").fetchone()
        if fault := copies.told(tx):
            raise CopyError(f"{building}: {fault}")
    copies.sync(building)
    building.replace(target)
    sync_folder(target.parent)
