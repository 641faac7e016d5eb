"""A ledger that comes back from the past: what has happened since must not happen again."""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass

from openclaw.store import inbox, journal
from openclaw.store.database import Transaction
from openclaw.types.clock import iso
from openclaw.types.ids import new_id

REASON = "the ledger was restored from a copy"


@dataclass(frozen=True, slots=True)
class Unfinished:
    seq: int
    trace_id: str
    run_id: str


def unfinished(tx: Transaction) -> list[Unfinished]:
    rows = tx.execute("SELECT seq, trace_id, run_id FROM inbox WHERE finished_at IS NULL ORDER BY seq")
    return [Unfinished(row[0], row[1], row[2]) for row in rows]


def finish_answered(tx: Transaction, traces: Set[str], now: int) -> int:
    """Messages whose answer is in their conversation; how many."""
    known = [each for each in unfinished(tx) if each.trace_id in traces]
    for each in known:
        inbox.finish(tx, each.seq, "answered", REASON, now)
        journal.end(tx, each.run_id, now)
    return len(known)


def doubt_sends(tx: Transaction, now: int) -> int:
    """What was due then has most likely been sent since; `delivery.onAmbiguous` decides. How many."""
    cursor = tx.execute(
        "UPDATE outbox SET state = 'ambiguous', reason = ? WHERE state IN ('pending', 'sending')"
        " AND (retry_at IS NULL OR retry_at <= ?)",
        (REASON, iso(now)),
    )
    return cursor.rowcount


def withdraw_questions(tx: Transaction, now: int) -> None:
    """What was asked then may have been allowed and done since."""
    if not _has(tx, "approvals"):
        return
    tx.execute(
        "UPDATE approvals SET state = 'withdrawn', decided_at = ? WHERE state = 'pending'"
        " OR (state = 'approved' AND used_by_boot IS NULL)",
        (iso(now),),
    )


def forget_written(tx: Transaction, ids: Set[str], read: Mapping[int, Iterable[str]]) -> None:
    """`read`: by echo, the ids of its lines. Those that are in a file already are not owed to the next one."""
    done = [echo for echo, lines in read.items() if (names := set(lines)) and names <= ids]
    tx.executemany("DELETE FROM echoes WHERE id = ?", [(echo,) for echo in done])


def lines_owed(tx: Transaction) -> list[tuple[int, str]]:
    return [(row[0], row[1]) for row in tx.execute("SELECT id, lines FROM echoes ORDER BY id")]


def know_events(tx: Transaction, keys: Mapping[str, tuple[str, str]], now: int) -> int:
    """Events that came after the copy was made, by key: channel and account. They are not taken a second time."""
    before = tx.total_changes
    tx.executemany(
        "INSERT OR IGNORE INTO inbox (key, channel, account, received_at, raw, state, reason, run_id, trace_id,"
        " finished_at) VALUES (?, ?, ?, ?, x'', 'ignored', ?, ?, ?, ?)",
        [
            (key, channel, account, iso(now), REASON, new_id("run"), new_id("t"), iso(now))
            for key, (channel, account) in keys.items()
        ],
    )
    return tx.total_changes - before


def carry_over(tx: Transaction, present: Transaction, now: int) -> None:
    """What a ledger must not forget although its owner goes back to an older one.

    Which events came, so that none is answered twice; who wants no messages; and which of the messages that still wait
    in the older one have left.
    """
    _finish_since(tx, present, now)
    rows = present.execute("SELECT key, channel, account FROM inbox")
    know_events(tx, {row[0]: (row[1], row[2]) for row in rows}, now)
    _add_missing(tx, present, "processed_webhook_events", ("event_key", "channel", "at", "expires_at"))
    consents = ("id", "at", "kind", "subject", "channel", "made_by", "source", "said", "evidence")
    _add_missing(tx, present, "compliance_events", consents)
    waiting = [row[0] for row in tx.execute("SELECT id FROM outbox WHERE state NOT IN ('sent', 'dropped')")]
    for outbox_id in waiting:
        there = present.execute(
            "SELECT state, provider_id, sent_at, reason FROM outbox WHERE id = ?", (outbox_id,)
        ).fetchone()
        if there is not None:
            tx.execute(
                "UPDATE outbox SET state = ?, provider_id = ?, sent_at = ?, reason = ? WHERE id = ?",
                (*there, outbox_id),
            )


def _finish_since(tx: Transaction, present: Transaction, now: int) -> None:
    for each in unfinished(tx):
        there = present.execute(
            "SELECT state, reason FROM inbox WHERE trace_id = ? AND finished_at IS NOT NULL", (each.trace_id,)
        ).fetchone()
        if there is not None:
            inbox.finish(tx, each.seq, there[0], there[1], now)
            journal.end(tx, each.run_id, now)


def _add_missing(tx: Transaction, present: Transaction, table: str, columns: tuple[str, ...]) -> None:
    if not (_has(tx, table) and _has(present, table)):
        return
    names, marks = ", ".join(columns), ", ".join("?" for _ in columns)
    put = f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({marks})"  # noqa: S608 - names of our own
    tx.executemany(put, map(tuple, present.execute(f"SELECT {names} FROM {table}")))  # noqa: S608


def _has(tx: Transaction, table: str) -> bool:
    """A ledger of an older version may not have it yet."""
    return tx.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone() is not None
