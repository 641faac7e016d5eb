import logging
import sqlite3
from pathlib import Path

import anyio
import pytest

from openclaw.store import database as database_module
from openclaw.store import ledger as module
from openclaw.store import sessions, webhooks
from openclaw.store.database import Database, open_database
from openclaw.store.echoes import Echo
from openclaw.store.inbox import Admission
from openclaw.store.journal import Step, TurnRow
from openclaw.store.ledger import Ledger
from openclaw.store.outbox import Claimed, Doubtful
from openclaw.store.turning import Ending, OpenTurn
from openclaw.store.usage import UsageRow
from openclaw.types.conversation import Usage
from openclaw.types.errors import StorageBusyError
from openclaw.types.messages import Unusable
from tests.store.made import (
    CHAT,
    KEY,
    NOW,
    SetClock,
    allow,
    arrival,
    claimed,
    draft,
    ending,
    open_ledger,
    queued,
    session,
    trace,
)

DAY = 86_400_000
LINES = '{"role":"user"}\n'
STEP = Step("model", "", "{}")
COST = UsageRow(NOW, "main", "anthropic/claude", "telegram", KEY, "t_1", Usage(10, 2, cost=0.5))


async def test_a_webhooks_event_is_remembered_in_the_same_commit(ledger: Ledger, database: Database) -> None:
    await ledger.accept_webhook([arrival(1), arrival(2, Unusable("an edit"))])
    assert await ledger.accept_webhook([arrival(1)]) == []

    remembered = "SELECT event_key FROM processed_webhook_events"
    rows = await database.read(lambda tx: [row[0] for row in tx.execute(remembered)])
    assert rows == ["telegram:default:1", "telegram:default:2"]


async def test_a_page_is_sorted_in_one_commit(ledger: Ledger) -> None:
    await ledger.accept([arrival(1), arrival(2), arrival(3)])
    first, second, _ = await ledger.accepted(9)
    refusal = ending(second, draft(text="Pairing code"), state="refused", reason="pairing")

    await ledger.sort([Admission(first.seq, KEY, "main", "owner")], [refusal])

    assert await ledger.counts() == ({"queued": 1, "accepted": 1}, {"pending": 1})
    assert await ledger.sessions_waiting() == [KEY]
    assert await ledger.run_end(second.run_id) == ("refused", "pairing", "")


# -- begin_turn -----------------------------------------------------------------------------------------


async def test_a_first_turn_begins_with_its_session(ledger: Ledger) -> None:
    row = await queued(ledger, 1)

    turn = await ledger.begin_turn(row, session())

    assert turn == OpenTurn(TurnRow(row.run_id, KEY, "ses_1", "open", 0), (), resumed=False)
    assert (await ledger.counts())[0] == {"running": 1}
    assert await ledger.every_session() == [session()]


async def test_a_turn_that_was_cut_off_is_taken_up_with_its_steps_and_counted(
    tmp_path: Path, clock: SetClock
) -> None:
    path = tmp_path / "ledger.sqlite"
    async with open_ledger(path, clock) as first_life:
        row = await queued(first_life, 1)
        await first_life.begin_turn(row, session())
        await first_life.record(row.run_id, STEP, COST)
        await first_life.record(row.run_id, Step("starting", "toolu_1", "{}"))

    for resumes in range(3):
        async with open_ledger(path, clock, f"boot_{resumes}") as next_life:
            waiting = next(iter(await next_life.waiting(KEY)), None)
            assert waiting is not None
            turn = await next_life.begin_turn(waiting, session(updated_at=NOW + 9))
            assert turn.resumed
            assert turn.row == TurnRow(row.run_id, KEY, "ses_1", "open", resumes)
            assert list(turn.steps) == [STEP, Step("starting", "toolu_1", "{}")]
            assert await next_life.cost_since(0) == 0.5, "what was counted is not counted again"


async def test_a_turn_that_was_paused_in_good_order_is_not_counted(ledger: Ledger) -> None:
    row = await queued(ledger, 1)
    await ledger.begin_turn(row, session())
    await ledger.record(row.run_id, STEP)
    await ledger.pause(row.run_id)

    turn = await ledger.begin_turn(row, session())
    assert (turn.resumed, turn.row.resumes, list(turn.steps)) == (False, 0, [STEP])

    cut_off = await ledger.begin_turn(row, session())
    assert (cut_off.resumed, cut_off.row.resumes) == (True, 0)


# -- end ------------------------------------------------------------------------------------------------


async def test_the_end_of_a_turn_is_one_commit(ledger: Ledger, database: Database) -> None:
    row = await queued(ledger, 1)
    await ledger.begin_turn(row, session())
    await ledger.record(row.run_id, STEP)
    reply = draft(0)
    written = Echo("transcript", KEY, LINES)
    after_send = Echo("transcript", "agent:main:other", LINES, after=reply.id)

    (echo_id,) = await ledger.end(ending(row, reply, draft(1), echoes=(written, after_send)))

    assert await ledger.run_end(row.run_id) == ("answered", "", KEY)
    assert await ledger.counts() == ({}, {"pending": 2})
    assert [(echo.id, echo.lines) for echo in await ledger.released_echoes(KEY)] == [(echo_id, LINES)]
    assert await ledger.echo_targets() == [KEY]
    assert await ledger.trace(row.trace_id) is not None
    assert await database.read(lambda tx: tx.execute("SELECT count(*) FROM steps").fetchone()[0]) == 0
    assert next(iter(await ledger.waiting(KEY)), None) is None


async def test_an_end_that_fails_leaves_the_turn_as_it_was(ledger: Ledger) -> None:
    row = await queued(ledger, 1)
    await ledger.begin_turn(row, session())
    await ledger.record(row.run_id, STEP)
    unreadable = trace(row.trace_id, [{"name": object()}])  # no JSON: the last statement of the commit fails

    with pytest.raises(TypeError):
        await ledger.end(
            Ending(row.seq, "answered", "", unreadable, [draft()], [Echo("transcript", KEY, LINES)])
        )

    assert await ledger.counts() == ({"running": 1}, {})
    assert await ledger.released_echoes(KEY) == []
    assert list((await ledger.begin_turn(row, session())).steps) == [STEP]


async def test_an_event_has_one_end_with_one_answer_and_one_set_of_lines(
    ledger: Ledger, caplog: pytest.LogCaptureFixture
) -> None:
    """What fails after the commit must not end the turn a second time."""
    row = await queued(ledger, 1)
    await ledger.begin_turn(row, session())
    await ledger.end(ending(row, echoes=(Echo("transcript", KEY, LINES),)))

    second = ending(
        row, draft(0), state="dead", echoes=(Echo("transcript", KEY, LINES),), reason="internal_error"
    )
    assert await ledger.end(second) == []

    assert await ledger.run_end(row.run_id) == ("answered", "", KEY)
    assert await ledger.counts() == ({}, {})
    assert len(await ledger.released_echoes(KEY)) == 1
    assert "internal_error" in caplog.text


# -- sends ----------------------------------------------------------------------------------------------


async def test_a_send_releases_the_lines_that_waited_for_it(ledger: Ledger) -> None:
    row = await queued(ledger, 1)
    notice = draft(-1, text="One moment")
    await ledger.post(notice, row.seq, Echo("transcript", KEY, LINES, after=notice.id))
    assert await ledger.released_echoes(KEY) == []

    sent = await ledger.sent(await claimed(ledger), "55", {"name": "send"})

    assert sent == [KEY]
    assert [echo.lines for echo in await ledger.released_echoes(KEY)] == [LINES]
    assert await ledger.send_state(notice.id) == ("sent", CHAT)


@pytest.mark.parametrize(("state", "kept"), [("failed", []), ("dropped", []), ("ambiguous", [KEY])])
async def test_lines_wait_as_long_as_the_send_may_still_happen(
    ledger: Ledger, state: str, kept: list[str]
) -> None:
    notice = draft()
    await ledger.post(notice, None, Echo("transcript", KEY, LINES, after=notice.id))
    first = await claimed(ledger)
    await ledger.settle_send(notice.id, state, "403: blocked by the user")  # type: ignore[arg-type]
    await ledger.resend(notice.id)

    assert await ledger.sent(first, "55", {}) == kept


async def test_a_notice_posted_again_after_a_restart_is_sent_and_noted_once(
    ledger: Ledger, database: Database
) -> None:
    row = await queued(ledger, 1)
    for _ in range(2):
        notice = draft(-1)
        await ledger.post(notice, row.seq, Echo("transcript", KEY, LINES, after=notice.id))

    await ledger.sent(await claimed(ledger), "55", {})
    assert await ledger.claim(CHAT, allow) is None
    assert len(await ledger.released_echoes(KEY)) == 1
    assert await database.read(lambda tx: tx.execute("SELECT count(*) FROM echoes").fetchone()[0]) == 1


async def test_the_trace_tells_how_a_send_went(ledger: Ledger) -> None:
    row = await queued(ledger, 1)
    await ledger.end(ending(row))
    message = draft()
    await ledger.post(message, None)
    first = await claimed(ledger)
    first = Claimed(first.message, first.attempts, row.trace_id, first.audience)

    await ledger.retry_send(first, NOW, "429", {"name": "send", "refused": "429"})
    await ledger.settle_send(message.id, "failed", "403", row.trace_id)

    found = await ledger.trace(row.trace_id)
    assert found is not None
    spans = found["spans"]
    assert isinstance(spans, list)
    assert [(span["name"], span.get("refused"), span.get("failed")) for span in spans] == [
        ("send", "429", None),
        ("send", None, "403"),
    ]


async def test_sends_of_an_earlier_life_are_handed_to_this_one(tmp_path: Path, clock: SetClock) -> None:
    path, message = tmp_path / "ledger.sqlite", draft()
    async with open_ledger(path, clock, "boot_1") as first_life:
        await first_life.post(message, None)
        begun = await claimed(first_life)
        assert await first_life.doubt_unanswered() == []

    async with open_ledger(path, clock, "boot_2") as second_life:
        assert await second_life.doubt_unanswered() == [Doubtful(begun, NOW)]
        await second_life.resend_marked(message.id)
        assert await second_life.addresses_due() == [CHAT]


# -- room -----------------------------------------------------------------------------------------------


async def fill(database: Database) -> None:
    await database.read(lambda tx: tx.execute("PRAGMA max_page_count = 1").fetchone())


async def make_room(database: Database) -> None:
    await database.read(lambda tx: tx.execute("PRAGMA max_page_count = 1000000").fetchone())


async def test_work_waits_for_room_and_says_so_once(
    ledger: Ledger, database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "WAIT_FOR_ROOM_SECONDS", 0)
    row = await queued(ledger, 1)
    big = Echo("transcript", KEY, "x" * 200_000)
    await fill(database)

    async with anyio.create_task_group() as group:
        group.start_soon(ledger.end, ending(row, echoes=(big,)))
        await anyio.wait_all_tasks_blocked()
        while not ledger.is_full:
            await anyio.lowlevel.checkpoint()
        for _ in range(5):
            await ledger.counts()
        assert next(iter(await ledger.waiting(KEY)), None) is not None
        await make_room(database)

    assert await ledger.run_end(row.run_id) == ("answered", "", KEY)
    assert not ledger.is_full
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    assert "no room" in caplog.text


async def test_nothing_new_is_accepted_while_another_process_holds_the_ledger(
    tmp_path: Path, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "BUSY_SECONDS", 0.01)
    path = tmp_path / "ledger.sqlite"
    async with open_ledger(path, clock) as ledger:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageBusyError):
            await ledger.accept([arrival(1)])
        with pytest.raises(StorageBusyError):
            await ledger.probe()
        other.execute("ROLLBACK")
        other.close()
        assert len(await ledger.accept([arrival(1)])) == 1


# -- what is left of it ---------------------------------------------------------------------------------


async def test_once_a_day_what_is_old_is_forgotten(
    ledger: Ledger, database: Database, clock: SetClock
) -> None:
    row = await queued(ledger, 1)
    await ledger.begin_turn(row, session())
    await ledger.end(ending(row, draft()))
    await ledger.sent(await claimed(ledger), "55", {})
    await ledger.audit_webhook(webhooks.AuditRow("telegram", "/", "accepted"))
    await ledger.save_session(session())
    clock.ms = NOW + 91 * DAY
    waiting = await queued(ledger, 2)

    await ledger.forget(trace_days=14)

    left = {
        table: await database.read(
            lambda tx, table=table: tx.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # type: ignore[misc]
        )
        for table in ("inbox", "turns", "outbox", "traces", "webhook_audit_log", "sessions")
    }
    assert left == {"inbox": 1, "turns": 0, "outbox": 0, "traces": 0, "webhook_audit_log": 0, "sessions": 1}
    assert next(iter(await ledger.waiting(KEY)), None) == waiting


async def test_a_ledger_opened_twice_in_a_row_knows_the_same(tmp_path: Path, clock: SetClock) -> None:
    path = tmp_path / "ledger.sqlite"
    async with open_database(path) as database:
        await database.write(lambda tx: sessions.save(tx, session()))
    async with open_ledger(path, clock) as ledger:
        assert await ledger.every_session() == [session()]
