"""The ledger: whether it is whole and of a version we know, and whether anything in it waits for somebody."""

from collections.abc import Iterator

from openclaw.doctor.finding import Finding, RescueLedger
from openclaw.doctor.premises import Premises
from openclaw.store.inspection import NEWEST, DamagedError, Inspected, UnreadError, check, inspect
from openclaw.types.clock import parse_iso

CHECK_SECONDS = 25.0
STUCK_MS = 15 * 60_000
"""A message that is not settled after that has met something."""
FAILED_DAYS = 7
"""What failed longer ago is no news."""
HUGE = 4 << 30
_WHY = "Everything that was taken in and is not yet answered stands there, and who has been answered."


def ledger(premises: Premises) -> Iterator[Finding]:
    path = premises.paths.ledger
    try:
        found = inspect(path, premises.clock.now_ms() - FAILED_DAYS * 86_400_000)
        yield from judged(found, premises)
        if damage := check(path, CHECK_SECONDS):
            yield _damaged(premises, damage[0])
    except FileNotFoundError:
        return
    except DamagedError as error:
        yield _damaged(premises, str(error))
    except UnreadError as error:
        yield Finding(
            "ledger.unread",
            "warn",
            f"The ledger {path} could not be looked through ({error}).",
            "Another program holds it, it may not be read, or it is too large to be looked through in passing.",
            f"Try again; if it stays so, see whose it is and who has it open: ls -l {path}",
        )


def judged(found: Inspected, premises: Premises) -> Iterator[Finding]:
    """Pure."""
    if found.version > NEWEST:
        yield Finding(
            "ledger.newer",
            "error",
            f"The ledger was written by a newer version of this program ({found.version}; this one knows {NEWEST}).",
            "An older program does not start with it, so that it spoils nothing.",
            "Install the newer version again, or go back with: openclaw backup restore",
        )
    if found.size > HUGE:
        yield Finding(
            "ledger.huge",
            "info",
            f"The ledger takes {found.size / 2**30:.1f} GiB.",
            "Most of it are the traces of messages.",
            "openclaw config set traces.retentionDays 7",
        )
    yield from _waiting(found, premises)
    for job in found.jobs:
        if job.failures >= 2:
            yield Finding(
                "jobs.failing",
                "warn",
                f"The job “{job.name}” has failed {job.failures} times in a row: {job.error or 'it does not say why'}.",
                "What you asked for does not happen.",
                "openclaw cron list",
            )


def _waiting(found: Inspected, premises: Premises) -> Iterator[Finding]:
    if doubtful := found.outbox.get("ambiguous", 0):
        yield Finding(
            "outbox.ambiguous",
            "warn",
            f"{_messages(doubtful)} may have been sent or not: the connection broke at that moment.",
            "Nobody is written to twice without your word.",
            "openclaw outbox list, then: openclaw outbox resend|drop ID",
        )
    if failed := found.outbox.get("failed", 0):
        yield Finding(
            "outbox.failed",
            "warn",
            f"{_messages(failed)} could not be sent this week.",
            "Whoever was to have it is still waiting.",
            "openclaw outbox list, then: openclaw outbox resend|drop ID",
        )
    if found.oldest_unfinished is not None:
        age = premises.clock.now_ms() - parse_iso(found.oldest_unfinished)
        if age > STUCK_MS:
            yield _unanswered(found.unfinished, age, premises)


def _unanswered(count: int, age_ms: int, premises: Premises) -> Finding:
    running = premises.is_running
    return Finding(
        "work.waiting",
        "warn",
        f"{_messages(count)} {'waits' if count == 1 else 'wait'} for an answer, the oldest for {_age(age_ms)}.",
        "The assistant has not got on with it." if running else "The assistant is not running.",
        "openclaw trace list" if running else "openclaw serve",
    )


def _damaged(premises: Premises, said: str) -> Finding:
    return Finding(
        "ledger.damaged",
        "error",
        f"The ledger {premises.paths.ledger} is damaged ({said}).",
        _WHY + " The conversations themselves are in files of their own and stay.",
        "Stop the assistant, then: openclaw doctor --fix" if premises.is_running else "openclaw doctor --fix",
        RescueLedger(),
    )


def _messages(count: int) -> str:
    return f"{count:,} message{'' if count == 1 else 's'}"


def _age(ms: int) -> str:
    minutes = ms // 60_000
    if minutes < 120:
        return f"{minutes} minutes"
    return f"{minutes // 60} hours" if minutes < 48 * 60 else f"{minutes // 1440} days"
