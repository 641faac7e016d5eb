import json
import os
import stat
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from openclaw.doctor.checking import apart
from openclaw.doctor.finding import (
    Adopt,
    ClearLock,
    Mend,
    Narrow,
    Put,
    Reconcile,
    RescueLedger,
    RestoreConfig,
    TakeOut,
)
from openclaw.doctor.mending import ORDER, NotMendedError, carry_out
from openclaw.ops.state_lock import AlreadyRunningError, StateLock
from openclaw.sessions import transcript
from openclaw.sessions.lines import encode, header
from openclaw.store.database import open_database
from tests.doctor.home import KEY, House
from tests.sessions.made import NOW, called


async def mend(
    house: House, what: Mend, call: Callable[[str, Mapping[str, object]], object] | None = None
) -> str:
    return await carry_out(what, await apart(house.premises), call)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def test_files_keep_their_own_rights_and_lose_those_of_others(house: House) -> None:
    script = house.state / "credentials" / "helper"
    script.write_text("#!/bin/sh\n")
    script.chmod(0o755)
    house.config.chmod(0o664)

    told = await mend(house, Narrow((script, house.config)))

    assert (mode(script), mode(house.config)) == (0o700, 0o600)
    assert told == "2 files are yours alone again"


async def test_a_link_is_not_followed(house: House) -> None:
    outside = house.home / "outside"
    outside.write_text("x")
    outside.chmod(0o644)
    link = house.state / "link"
    link.symlink_to(outside)

    with pytest.raises(NotMendedError):
        await mend(house, Narrow((link,)))

    assert mode(outside) == 0o644


async def test_a_key_is_changed_and_comments_stay(house: House) -> None:
    house.config.write_text('{\n  // mine\n  gateway: { auth: { token: "t" } },\n  budgetz: 1, // gone\n}\n')

    await mend(house, Put(("logging", "redactSensitive"), "tools"))
    told = await mend(house, TakeOut(("budgetz",)))

    text = house.config.read_text()
    assert told == "budgetz was taken out"
    assert "// mine" in text
    assert 'redactSensitive: "tools"' in text
    assert "budgetz" not in text


async def test_the_last_good_config_comes_back_and_the_broken_one_stays_beside_it(house: House) -> None:
    good = house.config.read_bytes()
    house.config.write_text("{ broken")

    await mend(house, RestoreConfig())

    (kept,) = house.state.glob("openclaw.json.broken.*")
    assert house.config.read_bytes() == good
    assert kept.read_text() == "{ broken"
    assert mode(kept) == 0o600


async def test_a_config_that_is_gone_comes_back(house: House) -> None:
    good = house.config.read_bytes()
    house.config.unlink()

    await mend(house, RestoreConfig())

    assert house.config.read_bytes() == good
    assert mode(house.config) == 0o600


async def test_a_config_that_was_mended_meanwhile_is_left_alone(house: House) -> None:
    house.config.write_text("{ budgets: { perDay: 3 } }")

    with pytest.raises(NotMendedError, match="can be read after all"):
        await mend(house, RestoreConfig())

    assert house.config.read_text() == "{ budgets: { perDay: 3 } }"


async def test_a_stale_lock_is_cleared(house: House) -> None:
    lock = house.state / "daemon.lock"
    lock.write_text("4711\n")

    await mend(house, ClearLock())

    assert lock.read_text() == ""


async def test_a_torn_transcript_is_mended_and_nothing_is_thrown_away(house: House) -> None:
    path = house.write_transcript()
    whole = path.read_bytes()
    path.write_bytes(whole + b"garbage\n" + b'{"role":"us')

    await mend(house, Reconcile(((path, KEY),)))

    assert path.read_bytes() == whole
    assert path.with_name("ses_1.jsonl.torn").read_bytes() == b'{"role":"us\n'
    assert path.with_name("ses_1.jsonl.unreadable").read_bytes() == b"garbage\n"


async def test_a_result_that_the_ledger_still_keeps_is_not_made_up(house: House) -> None:
    house.write_index()
    call = called("m_8", "c_1")
    path = house.write_transcript(header("ses_1", KEY, "main", NOW) + encode(call))
    result = '{"role":"tool","content":[{"type":"tool_result","tool_use_id":"c_1","content":"22"}],'
    await house.owe(result + '"timestamp":"2026-02-27T09:00:00.000Z","id":"m_9"}\n')

    await mend(house, Reconcile(((path, KEY),)))

    reading = await apart(lambda: transcript.look(path))
    assert [entry.id for entry in reading.entries] == ["m_8", "m_9"]
    assert reading.unpaired == 0
    assert b'"22"' in path.read_bytes()


async def test_an_unreadable_index_is_made_again_from_the_ledger(house: House) -> None:
    entry = json.dumps({"sessionId": "ses_1", "updatedAt": NOW})
    await house.write_ledger(f"INSERT INTO sessions VALUES ('{KEY}', 'main', 'ses_1', '{entry}', {NOW})")
    index = house.write_index()
    index.write_bytes(b"")

    await mend(house, Reconcile())

    assert json.loads(index.read_bytes())[KEY]["sessionId"] == "ses_1"
    assert list(house.sessions.glob("sessions.json.unreadable.*"))


async def test_a_lost_conversation_is_listed_again_in_index_and_ledger(house: House) -> None:
    house.write_index({})
    path = house.write_transcript(name="ses_7", key="agent:main:telegram:direct:5")

    await mend(house, Adopt((path,)))

    index = json.loads((house.sessions / "sessions.json").read_bytes())
    assert index["agent:main:telegram:direct:5"]["sessionId"] == "ses_7"
    async with open_database(house.ledger) as database:
        rows = await database.read(lambda tx: tx.execute("SELECT key, session_id FROM sessions").fetchall())
    assert [tuple(row) for row in rows] == [("agent:main:telegram:direct:5", "ses_7")]


async def test_a_damaged_ledger_is_replaced_and_kept(house: House) -> None:
    garbage = os.urandom(8192)
    house.ledger.write_bytes(garbage)

    told = await mend(house, RescueLedger())

    async with open_database(house.ledger) as database:
        assert await database.read(lambda tx: tx.execute("PRAGMA quick_check").fetchone()[0]) == "ok"
    assert garbage in [path.read_bytes() for path in house.state.glob("ledger.sqlite.*")]
    assert "kept" in told


async def test_a_sound_ledger_is_left_alone(house: House) -> None:
    await house.write_ledger()
    before = house.ledger.read_bytes()

    with pytest.raises(NotMendedError):
        await mend(house, RescueLedger())

    assert house.ledger.read_bytes() == before


@pytest.mark.parametrize("what", [ClearLock(), RescueLedger(), Adopt(())])
async def test_what_the_daemon_works_with_is_not_touched_under_its_hands(house: House, what: Mend) -> None:
    lock = StateLock(house.state)
    await apart(lock.__enter__)
    try:
        with pytest.raises(AlreadyRunningError):
            await mend(house, what)
    finally:
        await apart(lambda: lock.__exit__(None, None, None))


async def test_a_running_daemon_is_asked_to_look_through_its_conversations(house: House) -> None:
    asked: list[tuple[str, Mapping[str, object]]] = []
    path = house.write_transcript()

    def call(method: str, params: Mapping[str, object]) -> object:
        asked.append((method, params))
        return {}

    lock = StateLock(house.state)
    await apart(lock.__enter__)
    try:
        await mend(house, Reconcile(((path, KEY),)), call)
        with pytest.raises(NotMendedError):
            await mend(house, Reconcile(((path, KEY),)))
    finally:
        await apart(lambda: lock.__exit__(None, None, None))
    assert asked == [("sessions.get", {"key": KEY})]


def test_every_mend_has_its_turn() -> None:
    assert set(ORDER) == set(Mend.__args__)
    assert ORDER[0] is RestoreConfig
