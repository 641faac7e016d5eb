"""How a run is, for whoever asked for it."""

from openclaw.gateway.runs import Run
from openclaw.web.desk import RunState

CUT_SHORT = frozenset({"aborted", "client_gone", "interrupted", "timeout"})
"""Reasons of turns that the ledger counts as answered, since what was said of them stays."""


def old_end(run_id: str, state: str, reason: str, session_key: str) -> RunState | None:
    """Pure. Of what the ledger says; None: it has not ended."""
    if state == "merged" or (state == "answered" and reason not in CUT_SHORT):
        return RunState(run_id, "ok", session_key)
    if state in {"answered", "refused", "dead", "ignored"}:
        return RunState(run_id, "error", session_key, error=reason or state)
    return None


def state_of(run: Run) -> RunState:
    if run.ended is None:
        return RunState(run.run_id, "in_flight", run.session_key, started_at=run.started_at)
    answered = run.ended.outcome in {"answered", "silent"}
    return RunState(
        run.run_id,
        "ok" if answered else "error",
        run.session_key,
        run.ended.text,
        "" if answered else run.ended.reason or run.ended.outcome,
        run.started_at,
        run.ended_at,
        run.ended.reason,
        run.ended.usage,
        run.ended.calls,
    )
