"""One ledger takes the place of another, and a kill in between loses neither. Blocks.

The coming one is whole and checked before it has its name; from then on it will take the place, at the next start if
not now.
"""

import os
import shutil
from contextlib import suppress
from pathlib import Path

from openclaw.files import sync_folder
from openclaw.store.copies import beside, stamp


def coming(ledger: Path) -> Path:
    return ledger.with_name(f"{ledger.name}.coming")


def put_in_place(ledger: Path, aside: Path) -> None:
    """The ledger that was there is kept under another name, with what lies beside it."""
    if ledger.exists():
        _keep_as(ledger, aside)
    for each in beside(ledger):
        # Before the new one is there: SQLite would write the old one's log into it.
        if each.exists():
            each.replace(aside.with_name(aside.name + each.name.removeprefix(ledger.name)))
    sync_folder(ledger.parent)
    coming(ledger).replace(ledger)
    sync_folder(ledger.parent)


def _keep_as(ledger: Path, aside: Path) -> None:
    """Its own name stays taken until the new one is there: a start in between would make an empty one."""
    with suppress(FileExistsError):
        try:
            os.link(ledger, aside)
        except FileExistsError:
            raise
        except OSError:  # a file system without links
            shutil.copy2(ledger, aside)


def go_on(ledger: Path, now_ms: int) -> bool:
    """At a start: whether one was killed on its way to its place, and has it now."""
    if not coming(ledger).exists():
        return False
    put_in_place(ledger, ledger.with_name(f"{ledger.name}.before-{stamp(now_ms)}"))
    return True
