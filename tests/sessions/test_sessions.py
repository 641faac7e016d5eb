from collections.abc import Sequence
from functools import partial
from pathlib import Path

import anyio
import anyio.to_thread
import orjson
import pytest

from openclaw.sessions import index as index_module
from openclaw.sessions import transcript
from openclaw.sessions.index import SessionEntry
from openclaw.sessions.lines import encode_all
from openclaw.sessions.sessions import Session, Sessions
from openclaw.sessions.transcript import TranscriptError
from openclaw.store.echoes import Echo
from openclaw.store.ledger import Ledger
from openclaw.store.sessions import SessionRow
from openclaw.types.conversation import Entry
from tests.sessions.living import OTHER, Disk, lines, make, named, next_life, owe, talk, text, written
from tests.sessions.made import asked, noted, said, summed_up
from tests.store.made import KEY, NOW, SetClock, claimed, draft, ending, queued


@pytest.fixture
async def sessions(tmp_path: Path, ledger: Ledger, clock: SetClock) -> Sessions:
    sessions = make(tmp_path, ledger, clock)
    await sessions.start(["main"])
    return sessions


# -- lines ------------------------------------------------------------------------------------------------


async def test_a_turn_is_in_memory_and_in_the_file_behind_a_header(
    sessions: Sessions, ledger: Ledger
) -> None:
    session = await talk(sessions, ledger, [asked("m_1"), said("m_2")])
    await talk(sessions, ledger, [asked("m_3")])

    first, _, rest = (await text(session.path)).partition(b"\n")
    assert orjson.loads(first)["key"] == KEY
    assert orjson.loads(first)["id"] == session.id
    assert rest == lines(asked("m_1"), said("m_2"), asked("m_3"))
    assert session.entries == [asked("m_1"), said("m_2"), asked("m_3")]
    assert session.size == len(first) + 1 + len(rest)
    assert await ledger.released_echoes(KEY) == []


async def test_a_session_is_read_once_and_stays(
    sessions: Sessions, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    await talk(sessions, ledger, [asked("m_1")])
    monkeypatch.setattr(transcript, "read", None)
    async with sessions.use(KEY, "main") as session:
        assert session.entries == [asked("m_1")]


async def test_the_next_life_knows_the_conversation(tmp_path: Path, clock: SetClock) -> None:
    async with next_life(tmp_path, clock) as (ledger, sessions):
        first = await talk(sessions, ledger, [asked("m_1"), said("m_2")])
        await sessions.flush()
    async with next_life(tmp_path, clock) as (_, sessions):
        async with sessions.use(KEY, "main") as session:
            assert (session.id, session.entries) == (first.id, [asked("m_1"), said("m_2")])


async def test_two_who_take_at_once_write_each_line_once(sessions: Sessions, ledger: Ledger) -> None:
    session = await talk(sessions, ledger, [asked("m_0")])
    expected: list[Entry] = [asked("m_0")]
    for number in range(5):
        await owe(ledger, [asked(f"m_{number}a"), said(f"m_{number}b")])
        expected += [asked(f"m_{number}a"), said(f"m_{number}b")]
        async with anyio.create_task_group() as group:
            for _ in range(4):
                group.start_soon(sessions.take, session)
                group.start_soon(sessions.take_released, KEY)

    assert session.entries == expected
    assert await written(session) == lines(*expected)


async def test_a_take_that_is_cancelled_loses_no_line(sessions: Sessions, ledger: Ledger) -> None:
    session = await talk(sessions, ledger, [asked("m_1")])
    await owe(ledger, [said("m_2")])
    for patience in range(12):
        with anyio.CancelScope() as scope:

            async def cancel_after(turns: int, scope: anyio.CancelScope = scope) -> None:
                for _ in range(turns):
                    await anyio.lowlevel.checkpoint()
                scope.cancel()

            async with anyio.create_task_group() as group:
                group.start_soon(cancel_after, patience)
                await sessions.take(session)

    await sessions.take(session)
    assert session.entries == [asked("m_1"), said("m_2")]
    assert await written(session) == lines(asked("m_1"), said("m_2"))


async def test_a_compaction_leaves_in_memory_what_the_model_can_still_see(
    sessions: Sessions, ledger: Ledger
) -> None:
    entries: list[Entry] = [asked("m_1"), said("m_2"), asked("m_3")]
    session = await talk(sessions, ledger, entries)
    await talk(sessions, ledger, [summed_up("m_4", "m_3"), said("m_5")])

    assert session.entries == [summed_up("m_4", "m_3"), asked("m_3"), said("m_5")]
    assert await written(session) == lines(*entries, summed_up("m_4", "m_3"), said("m_5"))


# -- notes ------------------------------------------------------------------------------------------------


async def test_a_note_released_by_a_send_is_taken_without_a_turn(sessions: Sessions, ledger: Ledger) -> None:
    session = await talk(sessions, ledger, [asked("m_1")])
    notice = draft()
    await ledger.post(notice, None, Echo("transcript", KEY, encode_all([noted("m_2")]), after=notice.id))
    await sessions.take_released(KEY)
    assert session.entries == [asked("m_1")], "not before it was sent"

    (released,) = await ledger.sent(await claimed(ledger), "55", {})
    await sessions.take_released(released)

    assert await written(session) == lines(asked("m_1"), noted("m_2"))
    await sessions.take_released("no session's key")


async def test_a_note_during_a_turn_stands_before_the_turns_own_lines(
    sessions: Sessions, ledger: Ledger
) -> None:
    row = await queued(ledger, 1)
    async with sessions.use(KEY, "main") as session:
        await ledger.begin_turn(row, sessions.row(session, sessions.entry(session)))
        await owe(ledger, [noted("m_note")])
        await sessions.take_released(KEY)
        await ledger.end(
            ending(row, echoes=(Echo("transcript", KEY, encode_all([asked("m_1"), said("m_2")])),))
        )
        await sessions.take(session)

    assert session.entries == [noted("m_note"), asked("m_1"), said("m_2")]
    assert await written(session) == lines(*session.entries)


# -- memory -----------------------------------------------------------------------------------------------


LONG = "x" * 600_000
"""Two of them do not fit into a megabyte."""


@pytest.fixture
async def small(tmp_path: Path, ledger: Ledger, clock: SetClock) -> Sessions:
    sessions = make(tmp_path, ledger, clock, megabytes=1)
    await sessions.start(["main"])
    return sessions


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Ids of the sessions whose files were read."""
    seen: list[str] = []
    read = transcript.read

    def watched(path: Path, owed: Sequence[Entry] = ()) -> transcript.Reading:
        seen.append(path.stem)
        return read(path, owed)

    monkeypatch.setattr(transcript, "read", watched)
    return seen


async def look(sessions: Sessions, key: str) -> Session:
    async with sessions.use(key, "main") as session:
        return session


async def test_the_longest_unused_session_leaves_memory_when_it_is_full(
    small: Sessions, ledger: Ledger, reads: list[str]
) -> None:
    keys = [f"agent:main:{name}" for name in "abc"]
    first = await talk(small, ledger, [asked("m_1")], keys[0])
    second = await talk(small, ledger, [asked("m_2", LONG)], keys[1])
    await look(small, keys[0])
    await talk(small, ledger, [asked("m_3", LONG)], keys[2])

    for key in (keys[0], keys[2], keys[1]):
        await look(small, key)
    assert reads == [second.id]
    assert (await look(small, keys[0])).entries == first.entries


async def test_a_session_in_use_stays_however_full_memory_is(
    small: Sessions, ledger: Ledger, reads: list[str]
) -> None:
    async with small.use(KEY, "main") as session:
        await talk(small, ledger, [asked("m_1", LONG)])
        await talk(small, ledger, [asked("m_2", LONG)], OTHER)
        async with small.use(KEY, "main") as same:
            assert same is session
    assert reads == []
    assert await look(small, KEY) is not await look(small, OTHER)
    assert len(reads) == 1, "not in use any more, one of them had to go"


async def test_a_session_whose_file_lacks_lines_stays(
    small: Sessions, ledger: Ledger, disk: Disk, reads: list[str]
) -> None:
    await talk(small, ledger, [asked("m_1", LONG)])
    disk.full = True
    behind = await talk(small, ledger, [said("m_2")])
    disk.full = False
    await talk(small, ledger, [asked("m_3", LONG)], OTHER)

    assert await look(small, KEY) is behind
    assert reads == []


# -- reset ------------------------------------------------------------------------------------------------


async def test_a_reset_begins_anew_and_keeps_the_old_file(
    tmp_path: Path, ledger: Ledger, clock: SetClock, sessions: Sessions
) -> None:
    old = await talk(sessions, ledger, [asked("m_1")])
    sessions.keep_entry(old, {**sessions.entry(old), "inputTokens": 9, "cost": 0.5, "thinkingLevel": "high"})
    content = await text(old.path)
    clock.ms += 5

    fresh_id, entry = await sessions.reset(KEY, "main")

    assert fresh_id != old.id
    assert (entry["inputTokens"], entry["cost"], entry["thinkingLevel"]) == (0, 0, "high")
    (kept,) = await named(tmp_path, "*.reset.*")
    assert kept.name == f"{old.id}.jsonl.reset.2026-11-21T02-29-02.005Z"
    assert await text(kept) == content
    new = await talk(sessions, ledger, [asked("m_2")])
    assert (new.id, new.entries) == (fresh_id, [asked("m_2")])

    restarted = make(tmp_path, ledger, clock)
    await restarted.start(["main"])
    async with restarted.use(KEY, "main") as again:
        assert (again.id, again.entries) == (fresh_id, [asked("m_2")])


async def test_a_conversation_that_never_began_can_be_reset(tmp_path: Path, sessions: Sessions) -> None:
    fresh_id, _ = await sessions.reset(KEY, "main")
    async with sessions.use(KEY, "main") as session:
        assert session.id == fresh_id
    assert await named(tmp_path, "*") == []


async def test_who_holds_the_old_conversation_during_a_reset_writes_nothing_into_it(
    tmp_path: Path, ledger: Ledger, sessions: Sessions
) -> None:
    old = await talk(sessions, ledger, [asked("m_1")])
    async with sessions.use(KEY, "main") as held:
        await sessions.reset(KEY, "main")
        await owe(ledger, [noted("m_2")])
        await sessions.take(held)

    assert await text(old.path) == b""
    new = await talk(sessions, ledger, [asked("m_3")])
    assert new.entries == [noted("m_2"), asked("m_3")]


async def test_who_asks_during_a_reset_gets_the_new_conversation(
    ledger: Ledger, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    await talk(sessions, ledger, [asked("m_1")])
    found: list[str] = []
    save = ledger.save_session

    async def save_slowly(row: SessionRow) -> None:
        async with sessions.use(KEY, "main") as session:
            found.append(session.id)
        await save(row)

    monkeypatch.setattr(ledger, "save_session", save_slowly)
    fresh_id, _ = await sessions.reset(KEY, "main")

    assert found == [fresh_id]
    async with sessions.use(KEY, "main") as session:
        assert (session.id, session.entries) == (fresh_id, [])


async def test_a_conversation_whose_end_is_not_written_is_not_reset(
    ledger: Ledger, sessions: Sessions, disk: Disk
) -> None:
    """Its last lines would open the new one."""
    old = await talk(sessions, ledger, [asked("m_1")])
    disk.full = True
    await talk(sessions, ledger, [said("m_2")])
    with pytest.raises(TranscriptError, match="free some space"):
        await sessions.reset(KEY, "main")

    disk.full = False
    fresh_id, _ = await sessions.reset(KEY, "main")
    assert fresh_id != old.id
    async with sessions.use(KEY, "main") as new:
        assert new.entries == []


# -- the index --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"", b"{ broken", None])
async def test_a_lost_index_is_rebuilt_with_the_same_sessions(
    tmp_path: Path, clock: SetClock, content: bytes | None
) -> None:
    async with next_life(tmp_path, clock) as (ledger, sessions):
        ids = {key: (await talk(sessions, ledger, [asked(key)], key)).id for key in (KEY, OTHER)}
        await sessions.flush()
    path = tmp_path / "agents/main/sessions/sessions.json"
    change = path.unlink if content is None else lambda: path.write_bytes(content)
    await anyio.to_thread.run_sync(change)

    async with next_life(tmp_path, clock) as (_, sessions):
        for key in (KEY, OTHER):
            async with sessions.use(key, "main") as session:
                assert (session.id, session.entries) == (ids[key], [asked(key)])
        await sessions.flush()
        assert {key: entry["sessionId"] for key, entry in orjson.loads(await text(path)).items()} == ids


async def test_sessions_are_listed_newest_first_and_found_by_key(sessions: Sessions, ledger: Ledger) -> None:
    for number, key in enumerate([KEY, OTHER, "agent:main:c"]):
        await talk(sessions, ledger, [asked(f"m_{number}")], key, at=NOW + [5, 9, 1][number])

    assert [key for key, _ in sessions.listing()] == [OTHER, KEY, "agent:main:c"]
    found = sessions.find(KEY)
    assert found is not None
    assert found["updatedAt"] == NOW + 5
    assert sessions.find("agent:main:nobody") is None
    assert sessions.find("agent:nobody:main") is None
    assert sessions.find("nonsense") is None


async def test_an_agent_that_only_the_ledger_knows_keeps_its_sessions(
    tmp_path: Path, ledger: Ledger, clock: SetClock
) -> None:
    entry: SessionEntry = {"sessionId": "ses_9", "updatedAt": 5}
    await ledger.save_session(SessionRow("agent:retired:main", "retired", "ses_9", entry, 5))
    sessions = make(tmp_path, ledger, clock)
    await sessions.start(["main"])
    assert sessions.find("agent:retired:main") == entry


async def test_what_a_caller_does_to_an_entry_changes_nothing(sessions: Sessions, ledger: Ledger) -> None:
    session = await talk(sessions, ledger, [asked("m_1")])
    sessions.entry(session)["sessionId"] = "ses_other"
    assert sessions.entry(session)["sessionId"] == session.id


async def test_with_ten_thousand_sessions_a_turn_still_costs_one_write_of_the_index(
    tmp_path: Path, ledger: Ledger, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "agents/main/sessions/sessions.json"
    known = {f"agent:main:{n}": {"sessionId": f"ses_{n}", "updatedAt": 1} for n in range(10_000)}
    await anyio.to_thread.run_sync(partial(path.parent.mkdir, parents=True))
    await anyio.to_thread.run_sync(path.write_bytes, orjson.dumps(known))
    sessions = make(tmp_path, ledger, clock)
    await sessions.start(["main"])
    writes: list[bytes] = []
    monkeypatch.setattr(index_module, "write_atomically", lambda _, data: writes.append(data))

    await talk(sessions, ledger, [asked("m_1")])
    for _ in range(3):
        await sessions.flush()

    assert [len(orjson.loads(data)) for data in writes] == [10_001]


async def test_what_changed_is_written_at_the_end(tmp_path: Path, sessions: Sessions, ledger: Ledger) -> None:
    await talk(sessions, ledger, [asked("m_1")])
    async with anyio.create_task_group() as group:
        group.start_soon(sessions.keep_written)
        await anyio.wait_all_tasks_blocked()
        group.cancel_scope.cancel()

    (path,) = await named(tmp_path, "sessions.json")
    assert list(orjson.loads(await text(path))) == [KEY]


async def test_a_setting_outlives_a_copy_that_was_made_before_it(sessions: Sessions) -> None:
    async with sessions.use(KEY, "main") as session:
        before = sessions.entry(session)
        row = await sessions.change(KEY, "main", {"thinkingLevel": "high", "queueMode": "collect"})
        sessions.keep_entry(session, {**before, "inputTokens": 7})
        await sessions.change(KEY, "main", {"queueMode": None})
    assert (row.session_id, row.entry["queueMode"]) == (session.id, "collect")
    kept = {"sessionId": session.id, "updatedAt": NOW, "thinkingLevel": "high", "inputTokens": 7}
    assert sessions.find(KEY) == kept
