"""What programs ask the owner before they run a command themselves; kept beside the questions of tools."""

from dataclasses import dataclass

from openclaw.store import approvals, outbox
from openclaw.store.approvals import Approval, Asking, Question, TooManyQuestions
from openclaw.store.database import Database, Transaction
from openclaw.types.clock import Clock, iso

COMMAND = "device-command"
"""The kind of these questions. Their `run_id` is who asks, their `call_id` what he calls the question."""
MOST_WAITING = 4
"""Questions of one asker: who must answer more will soon say yes to everything."""
MOST_WAITING_IN_ALL = 16
MOST_LATELY = 20
"""Questions of one asker, whatever became of them, within `LATELY_MS`."""
LATELY_MS = 600_000


@dataclass(frozen=True, slots=True)
class OtherContent:
    """The asker has given this id to another question already."""


Asked = tuple[Approval, bool] | OtherContent | TooManyQuestions


class CommandLedger:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def ask(self, question: Question, asking: Asking) -> Asked:
        """The approval of this question, and whether it was asked for only now; in one commit with its message."""
        now = self._clock.now_ms()

        def work(tx: Transaction) -> Asked:
            if (known := _find(tx, question.run_id, question.call_id)) is not None:
                return (known, False) if known.question.sha256 == question.sha256 else OtherContent()
            if _asks_too_much(tx, question.run_id, now):
                return TooManyQuestions()
            approvals.insert(tx, question, asking, now)
            if asking.draft is not None:
                outbox.insert(tx, asking.draft, None, now)
            found = approvals.find(tx, asking.id)
            assert found is not None
            return found, True

        return await self._database.write(work)

    async def find(self, asker: str, name: str) -> Approval | None:
        """`name`: our id, or what the asker calls it. Nobody finds what another one has asked."""
        return await self._database.read(lambda tx: _find(tx, asker, name))

    async def hand_out(self, approval_id: str, connection: str, since: int) -> bool:
        """Whether the yes may be told here: to one connection only, and not when it was given before `since`."""

        def work(tx: Transaction) -> bool:
            # A restart gives nothing back: here the column holds the connection that was told.
            cursor = tx.execute(
                "UPDATE approvals SET used_by_boot = ? WHERE id = ? AND kind = ? AND state = 'approved'"
                " AND decided_at > ? AND (used_by_boot IS NULL OR used_by_boot = ?)",
                (connection, approval_id, COMMAND, iso(since), connection),
            )
            return bool(cursor.rowcount)

        return await self._database.write(work)


def _find(tx: Transaction, asker: str, name: str) -> Approval | None:
    row = tx.execute(
        "SELECT id FROM approvals WHERE run_id = ? AND kind = ? AND (call_id = ? OR id = ?)"
        " ORDER BY call_id = ? DESC, seq DESC LIMIT 1",
        (asker, COMMAND, name, name, name),
    ).fetchone()
    return approvals.find(tx, row[0]) if row is not None else None


def _asks_too_much(tx: Transaction, asker: str, now: int) -> bool:
    waits = "SELECT count(*) FROM approvals WHERE kind = ? AND state = 'pending' AND expires_at > ?"
    (in_all,) = tx.execute(waits, (COMMAND, iso(now))).fetchone()
    (waiting,) = tx.execute(f"{waits} AND run_id = ?", (COMMAND, iso(now), asker)).fetchone()
    (lately,) = tx.execute(
        "SELECT count(*) FROM approvals WHERE run_id = ? AND asked_at > ?", (asker, iso(now - LATELY_MS))
    ).fetchone()
    return bool(in_all >= MOST_WAITING_IN_ALL or waiting >= MOST_WAITING or lately >= MOST_LATELY)
