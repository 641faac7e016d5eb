"""What becomes of a job after a run. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo

from openclaw.gateway.jobs.job import At, Job, JobState, RunStatus
from openclaw.gateway.jobs.schedule import backoff_ms, next_run

TELL_AFTER = 3
"""Errors in a row of a job that comes again."""
TIMEOUT = "timeout"
_STOPPED = frozenset({"aborted", "stopped"})


@dataclass(frozen=True, slots=True)
class After:
    state: JobState
    enabled: bool
    next_run_at: int | None
    delete: bool = False
    notice: str = ""
    """What is to be told because it failed; empty for nothing."""


def outcome(state: str, reason: str) -> tuple[RunStatus, str]:
    """From the end of the run's event."""
    match state:
        case "answered" if reason == TIMEOUT:
            return "error", "it took longer than it may"
        case "answered" if reason.startswith("budget"):
            return "error", f"nothing more may be spent ({reason})"
        case "answered" if reason == "interrupted":
            return "error", "somebody else's message came first"
        case "answered" if reason in _STOPPED:
            return "skipped", reason
        case "answered" | "merged":
            return "ok", ""
        case "dead":
            return "error", reason or "it failed"
        case _:
            return "skipped", reason or state


def after(job: Job, state: JobState, came: tuple[RunStatus, str], at: tuple[int, int], zone: tzinfo) -> After:
    """`came`: what `outcome` says; `at`: when it began, and when it ended."""
    (status, error), (began, ended) = came, at
    errors = state.consecutive_errors + 1 if status == "error" else 0
    state = replace(
        state,
        last_run_at=began,
        last_status=status,
        last_error=error,
        last_duration_ms=max(0, ended - began),
        consecutive_errors=errors,
    )
    if isinstance(job.schedule, At):
        gone = status == "ok" and job.delete_after_run
        return After(state, enabled=False, next_run_at=None, delete=gone, notice=_notice(job, error, errors))
    following = next_run(job.schedule, ended, zone, job.id)
    if following is not None and errors:
        following = max(following, ended + backoff_ms(errors))
    enabled = job.enabled and following is not None
    return After(state, enabled, following, notice=_notice(job, error, errors))


def _notice(job: Job, error: str, errors: int) -> str:
    if not errors or job.delivery.best_effort:
        return ""
    if isinstance(job.schedule, At):
        return f"“{job.name}” was due, but I could not work on it ({error}). It says:\n\n{job.payload.text}"
    if errors != TELL_AFTER:
        return ""
    return (
        f"The job “{job.name}” has failed {errors} times in a row: {error}. I go on trying, at longer and longer "
        f"intervals. `openclaw cron runs {job.id}` shows more."
    )


def delivery_status(sends: Sequence[tuple[str, str]]) -> tuple[str, str]:
    """From state and reason of each message that followed: the status, and what is wrong."""
    if not sends:
        return "not-requested", ""
    for state, reason in sends:
        if state in {"failed", "refused", "dropped", "held"}:
            return "not-delivered", reason or state
    return ("delivered", "") if all(state == "sent" for state, _ in sends) else ("unknown", "")
