"""Lines that follow from something else: a turn's transcript lines from its end, a note from a message sent.

They are written with their cause, released when it has happened, and kept until they are in their file.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from openclaw.store.database import Transaction

EchoKind = Literal["transcript"]


@dataclass(frozen=True, slots=True)
class Echo:
    kind: EchoKind
    target: str
    """For a transcript: the session's key."""
    lines: str
    """JSON lines, each ending in a newline."""
    after: str | None = None
    """The outbox row it waits for; None: released with its own transaction."""


@dataclass(frozen=True, slots=True)
class Released:
    id: int
    target: str
    lines: str


def insert(tx: Transaction, echo: Echo) -> int:
    cursor = tx.execute(
        "INSERT INTO echoes (outbox_id, kind, target, lines, released) VALUES (?, ?, ?, ?, ?)",
        (echo.after, echo.kind, echo.target, echo.lines, int(echo.after is None)),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def release(tx: Transaction, outbox_id: str) -> list[str]:
    """The send has happened; returns the targets that now have lines to write."""
    rows = tx.execute(
        "UPDATE echoes SET released = 1 WHERE outbox_id = ? AND released = 0 RETURNING target", (outbox_id,)
    )
    return [row[0] for row in rows.fetchall()]


def drop(tx: Transaction, outbox_id: str) -> None:
    """The send will never happen."""
    tx.execute("DELETE FROM echoes WHERE outbox_id = ? AND released = 0", (outbox_id,))


def released(tx: Transaction, target: str) -> list[Released]:
    rows = tx.execute(
        "SELECT id, target, lines FROM echoes WHERE target = ? AND released = 1 ORDER BY id", (target,)
    )
    return [Released(row[0], row[1], row[2]) for row in rows]


def targets(tx: Transaction) -> list[str]:
    rows = tx.execute("SELECT target FROM echoes WHERE released = 1 GROUP BY target ORDER BY min(id)")
    return [row[0] for row in rows]


def written(tx: Transaction, ids: Sequence[int]) -> None:
    tx.executemany("DELETE FROM echoes WHERE id = ?", [(echo_id,) for echo_id in ids])
