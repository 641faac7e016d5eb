"""The machine: room on the disk, the clock, SQLite, and the sandbox."""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from openclaw.agent.tools.exec.sandbox.base import Unavailable
from openclaw.doctor.asking import Heard
from openclaw.doctor.finding import Finding
from openclaw.doctor.premises import Disk, Premises

LOW, EMPTY = 500 << 20, 50 << 20
FEW_FILES = 1_000
GROWN = 10 << 30
SKEW_SECONDS, WRONG_SECONDS = 30, 300
OLDEST_SQLITE = (3, 35, 0)
"""It was the first to say what a change has changed."""
SOUND_SQLITE = (3, 51, 3)


def disk(premises: Premises) -> Iterator[Finding]:
    state = premises.paths.state
    if not state.exists():
        return
    try:
        yield from room(premises.machine.disk(state), state)
    except OSError as error:
        what = f"How much room there is for {state} cannot be told: {error.strerror or error}."
        yield Finding("disk.unknown", "warn", what, "Nobody warns before it is full.", "Look at that disk.")
    yield from grown(size_of(state), state)


def room(found: Disk, state: Path) -> Iterator[Finding]:
    """Pure."""
    if found.free < LOW:
        yield Finding(
            "disk.full" if found.free < EMPTY else "disk.low",
            "error" if found.free < EMPTY else "warn",
            f"The disk of {state} has {found.free >> 20:,} MiB left.",
            "When it is full no message is taken in until there is room again.",
            f"Free some space; the largest parts of the state: du -sh {state}/*",
        )
    elif 0 < found.files_free < FEW_FILES:
        yield Finding(
            "disk.low",
            "warn",
            f"The disk of {state} takes only {found.files_free:,} more files, whatever their size.",
            "After that no message is taken in.",
            "Remove files that nobody needs.",
        )


def size_of(folder: Path) -> int:
    """What vanishes meanwhile counts nothing."""
    total = 0
    for above, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                total += Path(above, name).lstat().st_size
    return total


def grown(size: int, state: Path) -> Iterator[Finding]:
    """Pure."""
    if size > GROWN:
        yield Finding(
            "disk.state_large",
            "info",
            f"The state directory has grown to {size / 2**30:.0f} GiB.",
            "Backups take longer, and one day the disk is full.",
            f"See what it is: du -sh {state}/*",
        )


async def clock(premises: Premises) -> Iterable[Finding]:
    return list(skewed(premises.asking.heard))


def skewed(heard: Sequence[Heard]) -> Iterator[Finding]:
    """Pure. When several tell, the one that is nearest to us: an answer may have been long on its way."""
    if not heard:
        yield Finding("clock.unknown", "ok", "The clock: no provider was asked, so nothing is known of it.")
        return
    nearest = min(heard, key=lambda each: abs(each.ahead_seconds))
    ahead = nearest.ahead_seconds
    if abs(ahead) <= SKEW_SECONDS:
        return
    yield Finding(
        "clock.skew",
        "error" if abs(ahead) > WRONG_SECONDS else "warn",
        f"This machine's clock is {_span(abs(ahead))} {'ahead of' if ahead > 0 else 'behind'} that of {nearest.host}.",
        "Reminders come at the wrong time, and providers refuse what is signed with a wrong time.",
        "timedatectl set-ntp true (Linux), or switch on the automatic time in the system's settings",
    )


def _span(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 7200 else f"{seconds / 3600:.0f} hours"


def sqlite(premises: Premises) -> Iterator[Finding]:
    version = premises.machine.sqlite
    name = ".".join(map(str, version))
    if version < OLDEST_SQLITE:
        yield Finding(
            "sqlite.old",
            "error",
            f"SQLite {name} is too old; {'.'.join(map(str, OLDEST_SQLITE))} is the first that will do.",
            "The ledger cannot be kept with it.",
            "Install a newer Python: it brings its SQLite along.",
        )
    elif version < SOUND_SQLITE:
        # Its fault in resetting the log needs two connections that write; the ledger has one.
        yield Finding("sqlite.version", "ok", f"SQLite {name}: what it does wrong is not done here.")


def sandbox(premises: Premises) -> Iterator[Finding]:
    rules = premises.settings.tools.exec
    if rules.security == "deny" or rules.host != "sandbox":
        return
    found = premises.machine.sandbox()
    if isinstance(found, Unavailable):
        yield Finding(
            "sandbox.unavailable",
            "warn",
            "Commands cannot be kept in on this machine, so the assistant runs none.",
            "The tools exec and process are off; everything else works.",
            f"{found.reason[:1].upper()}{found.reason[1:]}.".replace("..", "."),
        )
