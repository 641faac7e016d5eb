"""The steps of turns: committed as they happen, reused after a crash."""

from dataclasses import dataclass
from typing import Any, Literal

from openclaw.store.database import Transaction
from openclaw.types.clock import iso

StepKind = Literal["model", "starting", "tool", "user"]


@dataclass(frozen=True, slots=True)
class TurnRow:
    run_id: str
    session_key: str
    session_id: str
    state: str
    resumes: int


@dataclass(frozen=True, slots=True)
class Step:
    kind: StepKind
    call_id: str
    body: str
    """JSON: a transcript line for `model` and `user`, a result for `tool`."""


def start(tx: Transaction, turn: TurnRow, inbox_seq: int, now: int) -> None:
    tx.execute(
        "INSERT INTO turns (run_id, inbox_seq, session_key, session_id, state, started_at)"
        " VALUES (?, ?, ?, ?, 'open', ?)",
        (turn.run_id, inbox_seq, turn.session_key, turn.session_id, iso(now)),
    )


def of_event(tx: Transaction, inbox_seq: int) -> TurnRow | None:
    row = tx.execute("SELECT * FROM turns WHERE inbox_seq = ?", (inbox_seq,)).fetchone()
    return _turn(row) if row else None


def resume(tx: Transaction, run_id: str, *, counts: bool) -> None:
    """A turn that was paused in good order may go on; one that was cut off is counted."""
    tx.execute(
        "UPDATE turns SET state = 'open', resumes = resumes + ? WHERE run_id = ?", (int(counts), run_id)
    )


def pause(tx: Transaction, run_id: str) -> None:
    tx.execute("UPDATE turns SET state = 'paused' WHERE run_id = ? AND state = 'open'", (run_id,))


def forget(tx: Transaction, run_id: str) -> None:
    """The turn has never begun."""
    tx.execute("DELETE FROM turns WHERE run_id = ?", (run_id,))


def end(tx: Transaction, run_id: str, now: int) -> None:
    tx.execute("UPDATE turns SET state = 'ended', ended_at = ? WHERE run_id = ?", (iso(now), run_id))
    tx.execute("DELETE FROM steps WHERE run_id = ?", (run_id,))


def record(tx: Transaction, run_id: str, step: Step, boot_id: str, now: int) -> None:
    tx.execute(
        "INSERT INTO steps (run_id, n, kind, call_id, body, boot_id, at)"
        " VALUES (?, (SELECT coalesce(max(n), 0) + 1 FROM steps WHERE run_id = ?), ?, ?, ?, ?, ?)",
        (run_id, run_id, step.kind, step.call_id, step.body, boot_id, iso(now)),
    )


def steps(tx: Transaction, run_id: str) -> list[Step]:
    rows = tx.execute("SELECT kind, call_id, body FROM steps WHERE run_id = ? ORDER BY n", (run_id,))
    return [Step(row[0], row[1], row[2]) for row in rows]


def _turn(row: Any) -> TurnRow:
    return TurnRow(row["run_id"], row["session_key"], row["session_id"], row["state"], row["resumes"])
