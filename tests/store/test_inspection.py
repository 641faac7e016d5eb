import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from openclaw.store import echoes
from openclaw.store.database import Transaction
from openclaw.store.echoes import Echo
from openclaw.store.inspection import (
    NEWEST,
    DamagedError,
    FailingJob,
    UnreadError,
    check,
    inspect,
    spent_by_heartbeats,
)
from openclaw.store.migrations import STEPS


def opened(path: Path) -> Transaction:
    tx = sqlite3.connect(path, isolation_level=None)
    tx.execute("PRAGMA journal_mode = WAL")
    for number, step in enumerate(STEPS, start=1):
        tx.executescript(f"BEGIN;\n{step}\nPRAGMA user_version = {number};\nCOMMIT;")
    return tx


def written(path: Path, *statements: str) -> None:
    with closing(opened(path)) as tx:
        tx.execute("BEGIN")
        for statement in statements:
            tx.execute(statement)
        tx.execute("COMMIT")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite"


USAGE = (
    "INSERT INTO usage (at, agent, model, channel, session_key, trace_id, input, output, cache_read, cache_write, cost,"
    " kind) VALUES ('2026-11-{day}T00:00:00.000Z', 'main', 'm', '{channel}', 'k', 't', 1, 1, 0, 0, {cost}, 'llm')"
)


def test_what_waits_is_told(path: Path) -> None:
    inbox = (
        "INSERT INTO inbox (key, channel, account, received_at, raw, state, run_id, trace_id, finished_at)"
        " VALUES ('{key}', 'c', 'a', '{at}', 'x', 's', 'r', 't', {end})"
    )
    outbox = (
        "INSERT INTO outbox (id, part, channel, account, recipient, text, purpose, audience, state, trace_id,"
        " created_at)"
        " VALUES ('{id}', 1, 'c', 'a', '1', 'x', 'reply', 'owner', '{state}', 't', '2026-02-01T00:00:00.000Z')"
    )
    written(
        path,
        inbox.format(key="1", at="2026-02-01T00:00:00.000Z", end="NULL"),
        inbox.format(key="2", at="2026-01-01T00:00:00.000Z", end="NULL"),
        inbox.format(key="3", at="2025-01-01T00:00:00.000Z", end="'x'"),
        outbox.format(id="o1", state="ambiguous"),
        outbox.format(id="o2", state="sent"),
        outbox.format(id="o3", state="failed"),
        "INSERT INTO jobs (id, agent, creator, enabled, job, state, created_at)"
        """ VALUES ('j', 'main', 'o', 1, '{"name": "news"}', '{"consecutive_errors": 2}', 1)""",
        "INSERT INTO sessions VALUES ('agent:main:main', 'main', 'ses_1', '{}', 5)",
        "INSERT INTO compliance_events (id, at, kind, subject, channel, made_by, source, said, evidence)"
        " VALUES ('c1', 'x', 'registered', '+12015550100', '', '', '', '', '{\"status\": \"approved\"}')",
    )

    found = inspect(path)

    assert (found.version, found.unfinished, found.oldest_unfinished) == (
        NEWEST,
        2,
        "2026-01-01T00:00:00.000Z",
    )
    assert found.outbox == {"ambiguous": 1, "failed": 1}
    assert inspect(path, 1_800_000_000_000).outbox == {"ambiguous": 1}
    assert found.jobs == [FailingJob("news", 2, "")]
    assert [row.session_id for row in found.sessions] == ["ses_1"]
    assert found.registrations == {"+12015550100": "approved"}


def test_lines_that_are_owed_are_told_once_they_are_released(path: Path) -> None:
    with closing(opened(path)) as tx:
        echoes.insert(tx, Echo("transcript", "agent:main:main", "{}\n"))
        echoes.insert(tx, Echo("transcript", "agent:main:main", "{}\n", after="o1"))

    assert {key: len(lines) for key, lines in inspect(path).echoes.items()} == {"agent:main:main": 1}


def test_it_is_read_while_somebody_has_it_open_and_has_written(path: Path) -> None:
    with closing(opened(path)) as tx:
        tx.execute("INSERT INTO sessions VALUES ('k', 'main', 's', '{}', 1)")

        assert [row.key for row in inspect(path).sessions] == ["k"]
        assert check(path, 10) == []


def test_a_ledger_of_the_first_version_is_read_as_far_as_it_goes(path: Path) -> None:
    with closing(sqlite3.connect(path)) as tx:
        tx.executescript(STEPS[0])
        tx.execute("PRAGMA user_version = 1")

    found = inspect(path)

    assert (found.version, found.jobs, found.registrations) == (1, [], {})


def test_what_is_no_ledger_is_damaged(path: Path) -> None:
    path.write_bytes(os.urandom(4096))

    with pytest.raises(DamagedError):
        inspect(path)
    with pytest.raises(DamagedError):
        check(path, 10)


def test_a_damaged_page_is_found(path: Path) -> None:
    written(path, *(USAGE.format(day="01", channel="c" * 200, cost=1) for _ in range(200)))
    data = bytearray(path.read_bytes())
    for page in range(20, len(data) // 4096):
        data[page * 4096 : page * 4096 + 64] = os.urandom(64)
    path.write_bytes(data)

    # Either in SQLite's words or as its error: both are an answer.
    with suppress(DamagedError):
        assert check(path, 10) != []


def test_one_that_is_not_there_is_not_made(path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        inspect(path)
    with pytest.raises(FileNotFoundError):
        check(path, 1)
    assert spent_by_heartbeats(path, 0) == 0
    assert not path.exists()


@pytest.fixture
def held(path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr("openclaw.store.inspection._BUSY_SECONDS", 0.05)
    with closing(sqlite3.connect(path, isolation_level=None)) as tx:
        tx.executescript(STEPS[0])
        tx.execute("PRAGMA locking_mode = EXCLUSIVE")
        tx.execute("BEGIN EXCLUSIVE")
        yield path


def test_one_that_somebody_holds_is_not_called_damaged(held: Path) -> None:
    with pytest.raises(UnreadError):
        inspect(held)


def test_a_check_that_takes_too_long_is_broken_off(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openclaw.store.inspection._STEPS_BETWEEN_LOOKS", 1)
    written(path)

    with pytest.raises(UnreadError):
        check(path, -1)


def test_what_heartbeats_cost_is_counted_apart(path: Path) -> None:
    written(
        path,
        USAGE.format(day="20", channel="heartbeat", cost=0.25),
        USAGE.format(day="01", channel="heartbeat", cost=4),
        USAGE.format(day="20", channel="telegram", cost=8),
    )

    assert spent_by_heartbeats(path, 1_795_000_000_000) == 0.25
