import os
from pathlib import Path

import orjson
import pytest

from openclaw.ops.ledger.reconciling import Past, carry_over, json_lines, known, reconcile, texts
from openclaw.store.copies import CopyError
from openclaw.store.salvage import Salvaged
from tests.ops.backup.house import MINUTE, NOW, House


@pytest.fixture
def house(state_dir: Path) -> House:
    return House(state_dir)


def test_conversations_tell_which_messages_have_had_their_answer(house: House) -> None:
    trace = house.arrive("one")
    house.answer(trace)
    found = known(house.state / "agents", NOW)
    assert found.traces == {trace}
    assert len(found.lines) == 3, "the header has an id as well"


def test_what_was_put_aside_counts_and_what_is_older_is_not_read(house: House) -> None:
    trace = house.arrive("one")
    house.answer(trace)
    house.transcript.rename(house.transcript.with_name("ses_1.jsonl.reset.2026-02-27T12-00-00.000Z"))
    assert known(house.state / "agents", NOW).traces == {trace}
    for path in house.transcript.parent.iterdir():
        os.utime(path, (NOW / 1000 - 3600, NOW / 1000 - 3600))
    assert known(house.state / "agents", NOW).traces == frozenset()


def test_a_torn_line_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(b'{"id":"a"}\n[1]\n{"id":"b')
    assert list(json_lines(path)) == [{"id": "a"}]


def test_texts_that_came_since_are_known_by_their_number(house: House) -> None:
    streams = house.state / "streams"
    streams.mkdir()
    lines = [
        {"id": "1", "ts": "2026-02-27T11:00:00.000Z", "meta": {"messageSid": "SM_old"}},
        {"id": "2", "ts": "2026-02-27T12:30:00.000Z", "meta": {"messageSid": "SM_new", "account": "shop"}},
        {"id": "3", "ts": "yesterday", "meta": {"messageSid": "SM_odd"}},
        {"id": "4", "ts": "2026-02-27T12:30:00.000Z"},
    ]
    (streams / "sms.jsonl").write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))
    assert texts(streams, NOW) == {"sms:SM_new": ("sms", "shop")}
    assert texts(house.state / "nowhere", NOW) == {}
    reconcile(Past(house.ledger, NOW), house.state, NOW)
    assert house.inbox() == {"SM_new": "ignored"}


def test_an_answer_whose_lines_are_in_the_file_is_neither_given_nor_written_again(house: House) -> None:
    trace = house.arrive("one")
    house.answer(trace, written=False)
    with house.open() as tx:
        (owed,) = tx.execute("SELECT lines FROM echoes").fetchone()
        tx.execute("UPDATE inbox SET state = 'queued', finished_at = NULL")
    house.write(owed.encode())

    settled = reconcile(Past(house.ledger, NOW), house.state, NOW + MINUTE)

    assert (settled.answered, settled.doubtful) == (1, 1)
    with house.open() as tx:
        assert tx.execute("SELECT count(*) FROM echoes").fetchone()[0] == 0


def test_sends_are_not_doubted_where_every_row_of_them_is_known(house: House) -> None:
    house.answer(house.arrive("one"))
    assert (
        reconcile(
            Past(house.ledger, NOW, salvaged=Salvaged(frozenset({"outbox"}))), house.state, NOW
        ).doubtful
        == 0
    )
    assert house.outbox() == ["pending"]


def test_of_a_present_ledger_that_cannot_be_read_nothing_is_carried_over(
    house: House, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.sqlite"
    bad.write_bytes(b"\xa5" * 5000)
    before = house.ledger.read_bytes()
    with pytest.raises(CopyError):
        carry_over(house.ledger, bad, NOW)
    assert house.ledger.read_bytes() == before
