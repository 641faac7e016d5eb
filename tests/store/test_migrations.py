import sqlite3
from collections.abc import Callable, Iterator

import pytest

from openclaw.store import dealings, echoes, inbox, journal, outbox, streams, traces, traffic, usage, webhooks
from openclaw.store.migrations import STEPS
from openclaw.types.messages import Address
from openclaw.types.sending import SendIntent
from tests.store.made import CHAT, KEY, NOW, allow

GATED = SendIntent("o_1", Address("sms", "+12015550123"), "hi", "reply", "member", 0, NOW, "spring")
PROMISED = {
    "inbox": "key channel account received_at state session_key trace_id",
    "outbox": "id channel recipient state attempts provider_id trace_id",
    "webhook_audit_log": "id at channel path outcome reason event_key",
    "processed_webhook_events": "event_key channel at expires_at",
    "traces": "id at channel session_key outcome spans",
    "usage": "at agent model channel session_key trace_id input output cache_read cache_write cost kind sender",
}


@pytest.fixture
def tx() -> Iterator[sqlite3.Connection]:
    """A database as the steps make it, which records what is asked of it."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.row_factory = sqlite3.Row
    for step in STEPS:
        connection.executescript(step)
    yield connection
    connection.close()


@pytest.mark.parametrize(("table", "columns"), PROMISED.items())
def test_others_find_the_columns_that_they_rely_on(tx: sqlite3.Connection, table: str, columns: str) -> None:
    there = {row["name"] for row in tx.execute(f"PRAGMA table_info({table})")}
    assert set(columns.split()) <= there


HOT_PATH: dict[str, Callable[[sqlite3.Connection], object]] = {
    "accepted": lambda tx: inbox.accepted(tx, 100),
    "waiting": lambda tx: inbox.waiting(tx, KEY, 200),
    "sessions_waiting": inbox.sessions_waiting,
    "last_arrival": lambda tx: inbox.last_arrival(tx, "telegram", "default"),
    "end_of_run": lambda tx: inbox.end_of_run(tx, "run_1"),
    "counts": inbox.counts,
    "finish": lambda tx: inbox.finish(tx, 1, "answered", "", NOW),
    "of_event": lambda tx: journal.of_event(tx, 1),
    "steps": lambda tx: journal.steps(tx, "run_1"),
    "end": lambda tx: journal.end(tx, "run_1", NOW),
    "claim": lambda tx: outbox.claim(tx, CHAT, allow, "boot", NOW),
    "addresses_due": outbox.addresses_due,
    "doubt_unanswered": lambda tx: outbox.doubt_unanswered(tx, "boot"),
    "ambiguous": outbox.ambiguous,
    "sent": lambda tx: outbox.sent(tx, "o_1", "p_1", NOW),
    "delivered": lambda tx: streams.delivered(tx, "run_1", 1),
    "is_clear": lambda tx: streams.is_clear(tx, CHAT),
    "keep_preview": lambda tx: streams.keep_preview(tx, "run_1", "1002"),
    "released": lambda tx: echoes.released(tx, KEY),
    "targets": echoes.targets,
    "release": lambda tx: echoes.release(tx, "o_1"),
    "written": lambda tx: echoes.written(tx, [1]),
    "extend": lambda tx: traces.extend(tx, "t_1", []),
    "recent": lambda tx: traces.recent(tx, 20),
    "traffic": lambda tx: traffic.traffic(tx, ("telegram", "default")),
    "cost_since": lambda tx: usage.cost_since(tx, NOW),
    "spent_since": lambda tx: usage.spent_since(tx, NOW),
    "costs": lambda tx: usage.costs(tx, "agent", NOW),
    "costs_of": lambda tx: usage.costs_of(tx, [("today", NOW, NOW + 1)]),
    "dealings": lambda tx: dealings.read(tx, GATED, "+12125550100", NOW),
    "audit": lambda tx: webhooks.audit(tx, webhooks.AuditRow("telegram", "/", "refused"), NOW),
}
"""What runs for a message, or every few seconds. The ledger has one thread: a scan of one keeps all others waiting."""


def plans(tx: sqlite3.Connection, query: str) -> list[tuple[str, str]]:
    asked: list[str] = []
    tx.set_trace_callback(asked.append)
    HOT_PATH[query](tx)
    tx.set_trace_callback(None)
    return [
        (statement, step["detail"])
        for statement in asked
        if not statement.startswith("INSERT")
        for step in tx.execute(f"EXPLAIN QUERY PLAN {statement}")
    ]


@pytest.mark.parametrize("query", HOT_PATH)
def test_nothing_on_the_hot_path_reads_a_whole_table(tx: sqlite3.Connection, query: str) -> None:
    steps = plans(tx, query)

    assert steps
    assert [step for step in steps if step[1].startswith("SCAN") and "USING" not in step[1]] == []


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ("accepted", "inbox_accepted"),
        ("waiting", "inbox_waiting"),
        ("sessions_waiting", "inbox_waiting"),
        ("last_arrival", "inbox_sequences"),
        ("end_of_run", "inbox_runs"),
        ("counts", "inbox_unfinished"),
        ("claim", "outbox_due"),
        ("addresses_due", "outbox_states"),
        ("released", "echoes_released"),
        ("release", "echoes_of_outbox"),
        ("targets", "echoes_released"),
    ],
)
def test_the_index_made_for_a_query_is_the_one_it_uses(
    tx: sqlite3.Connection, query: str, index: str
) -> None:
    """A partial index is passed over when the query's condition is not literally its own."""
    (found,) = [detail for _, detail in plans(tx, query) if detail.startswith(("SEARCH", "SCAN"))]
    assert f"INDEX {index}" in found


@pytest.mark.parametrize("query", ["accepted", "waiting", "last_arrival", "claim", "released"])
def test_the_first_in_line_is_found_without_sorting_the_line(tx: sqlite3.Connection, query: str) -> None:
    assert [detail for _, detail in plans(tx, query) if "TEMP B-TREE" in detail] == []
