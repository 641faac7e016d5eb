"""What is kept beside the house: its service, its backups, and the secrets that should not stand in the config."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from openclaw.doctor.finding import Finding
from openclaw.doctor.premises import Premises
from openclaw.ops.backup.shelf import ours
from openclaw.ops.supervisor.condition import Condition, condition
from openclaw.ops.supervisor.surroundings import look
from openclaw.settings.checking.plaintext import plaintext_secrets

SHOWN = 4
DAY_SECONDS = 86_400
DUE_DAYS, OLD_DAYS = 7, 30


def service(premises: Premises) -> Iterator[Finding]:
    yield from installed(condition(look(premises.environ)), is_running=premises.is_running)


def installed(found: Condition, *, is_running: bool) -> Iterator[Finding]:
    """Pure. Without a service there is nothing to tell: whoever wants none starts the assistant himself."""
    if not found.installed:
        return
    for problem in found.problems:
        what, _, mend = problem.rpartition("; ")
        if not what:
            what, _, mend = problem.rpartition(": ")
        yield Finding(
            "service.stale",
            "warn",
            f"The service {found.file}: {what or problem}.",
            "The assistant may not start with the machine, or starts another program than you think.",
            mend if what else "openclaw service install",
        )
    if not found.running and not is_running:
        yield Finding(
            "service.stopped",
            "warn",
            f"The service is installed and does not run ({found.state or 'stopped'}).",
            "Nobody is answered.",
            "openclaw service restart; why it stopped: openclaw service logs",
        )


def plain_secrets(premises: Premises) -> Iterator[Finding]:
    if premises.loaded is not None:
        yield from plain(plaintext_secrets(premises.loaded.written))


def plain(keys: Sequence[str]) -> Iterator[Finding]:
    """Pure."""
    if keys:
        more = f" and {len(keys) - SHOWN} more" if len(keys) > SHOWN else ""
        yield Finding(
            "secrets.plaintext",
            "warn",
            f"Secrets stand in the config as plain text: {', '.join(keys[:SHOWN])}{more}.",
            "They are in each copy of that file too, and on the screen of whoever opens it.",
            "openclaw secrets move",
        )


# -- backups ----------------------------------------------------------------------------------------------


def backups(premises: Premises) -> Iterator[Finding]:
    """Counted from the first start: a house of yesterday needs none yet. The daemon's own copies of its ledger lie on
    the same disk and are none.
    """
    paths, said = premises.paths, premises.settings.backup.folder
    found = ours(Path(said).expanduser() if said else paths.state / "backups")
    begun, newest = _written(paths.gateway_token), _written(found[0]) if found else None
    if begun is not None and paths.ledger.exists():
        yield from aged(begun, newest, premises.clock.now_ms() / 1000)


def aged(begun: float, newest: float | None, now: float) -> Iterator[Finding]:
    """Pure. Seconds since 1970."""
    command = "openclaw backup create, and keep it on another disk"
    why = "When the disk fails, everything since then is lost."
    if newest is None and now - begun > DUE_DAYS * DAY_SECONDS:
        yield Finding("backup.none", "info", "There is no backup of the assistant.", why, command)
    if newest is not None and now - newest > OLD_DAYS * DAY_SECONDS:
        days = int((now - newest) / DAY_SECONDS)
        yield Finding("backup.old", "warn", f"The newest backup is {days} days old.", why, command)


def _written(path: Path) -> float | None:
    try:
        return path.stat().st_mtime
    except OSError:
        return None
