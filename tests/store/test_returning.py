from pathlib import Path

import pytest

from openclaw.store import returning
from openclaw.store.database import Transaction
from tests.ops.backup.house import MINUTE, NOW, House


@pytest.fixture
def house(state_dir: Path) -> House:
    return House(state_dir)


def rows(tx: Transaction, query: str) -> list[tuple[object, ...]]:
    return [tuple(row) for row in tx.execute(query)]


def test_messages_that_have_their_answer_are_not_answered_again(house: House) -> None:
    traces = [house.arrive(name) for name in ("one", "two")]
    with house.open() as tx:
        assert returning.finish_answered(tx, {traces[0], "t_of_another"}, NOW) == 1
    assert house.inbox() == {"one": "answered", "two": "queued"}


def test_what_was_due_is_doubtful_and_what_was_put_off_still_waits(house: House) -> None:
    for name in ("one", "two", "three"):
        house.answer(house.arrive(name))
    with house.open() as tx:
        later = "2027-01-01T00:00:00.000Z"
        tx.execute("UPDATE outbox SET retry_at = ? WHERE seq = 2", (later,))
        tx.execute("UPDATE outbox SET state = 'sent' WHERE seq = 3")
        assert returning.doubt_sends(tx, NOW) == 1
    assert house.outbox() == ["ambiguous", "pending", "sent"]


def test_a_permission_that_was_not_used_is_not_used_later(house: House) -> None:
    with house.open() as tx:
        for state in ("pending", "approved", "denied"):
            tx.execute(
                "INSERT INTO approvals (id, run_id, call_id, agent, session_key, tool, kind, why, arguments, sha256,"
                " summary, text, state, asked_at, expires_at)"
                " VALUES (?, 'r', 'c', 'a', 'k', 't', 'k', '', '', '', '', '', ?, '', '')",
                (state, state),
            )
        returning.withdraw_questions(tx, NOW)
        assert rows(tx, "SELECT state FROM approvals ORDER BY seq") == [
            ("withdrawn",),
            ("withdrawn",),
            ("denied",),
        ]


def test_lines_that_are_in_their_file_are_not_owed_any_more(house: House) -> None:
    for name in ("one", "two"):
        house.answer(house.arrive(name), written=False)
    with house.open() as tx:
        (first, _), (second, _) = returning.lines_owed(tx)
        returning.forget_written(tx, {"m_1", "m_2"}, {first: ["m_1", "m_2"], second: ["m_2", "m_3"]})
        assert [echo for echo, _ in returning.lines_owed(tx)] == [second]


def test_who_goes_back_does_not_forget_which_events_came_and_who_wants_no_messages(tmp_path: Path) -> None:
    old, present = House(tmp_path / "old"), House(tmp_path / "present")
    waiting = old.arrive("both")
    old.answer(old.arrive("replied"))
    with old.open() as tx:
        replied = rows(
            tx,
            "SELECT id, inbox_seq, part, channel, account, recipient, text, purpose, audience, trace_id,"
            " created_at FROM outbox",
        )[0]
    with present.open() as tx:
        tx.execute(
            "INSERT INTO outbox (id, inbox_seq, part, channel, account, recipient, text, purpose, audience,"
            " trace_id, created_at, state, provider_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'sent', '9')",
            replied,
        )
        tx.execute(
            "INSERT INTO compliance_events (id, at, kind, subject, channel, made_by, source, said, evidence)"
            " VALUES ('c1', '', 'opt_out', '+12015550123', 'sms', '', '', 'STOP', '')"
        )
        tx.execute("INSERT INTO processed_webhook_events VALUES ('e', 'sms', '', '')")
    present.arrive("both")
    present.arrive("newer", NOW + MINUTE)
    with present.open() as tx:
        tx.execute(
            "UPDATE inbox SET trace_id = ?, state = 'answered', finished_at = 'x' WHERE seq = 1", (waiting,)
        )

    with old.open() as tx, present.open() as source:
        returning.carry_over(tx, source, NOW)
        returning.carry_over(tx, source, NOW)
        assert rows(tx, "SELECT subject FROM compliance_events") == [("+12015550123",)]
        assert rows(tx, "SELECT event_key FROM processed_webhook_events") == [("e",)]

    assert old.inbox() == {"both": "answered", "replied": "answered", "newer": "ignored"}
    assert old.outbox() == ["sent"]


def test_a_ledger_of_the_first_version_lacks_tables_and_takes_what_it_can(tmp_path: Path) -> None:
    old, present = House(tmp_path / "old"), House(tmp_path / "present")
    present.arrive("newer")
    with old.open() as tx, present.open() as source:
        tx.executescript("DROP TABLE compliance_events; DROP TABLE approvals;")
        returning.carry_over(tx, source, NOW)
        returning.withdraw_questions(tx, NOW)
        assert rows(tx, "SELECT state FROM inbox") == [("ignored",)]
