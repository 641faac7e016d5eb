"""What the ledger has committed, the transcript gets: through crashes, full disks and hurt files."""

import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import anyio
import anyio.to_thread
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openclaw.sessions.lines import encode
from openclaw.sessions.sessions import Sessions
from openclaw.store.ledger import Ledger
from openclaw.types.conversation import Entry
from tests.sessions.living import OTHER, Disk, lines, make, named, next_life, owe, talk, text, written
from tests.sessions.made import asked, called, came, said
from tests.store.made import KEY, SetClock


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
async def house(tmp_path: Path, clock: SetClock) -> AsyncIterator[tuple[Ledger, Sessions]]:
    async with next_life(tmp_path, clock) as house:
        yield house


@pytest.fixture
def ledger(house: tuple[Ledger, Sessions]) -> Ledger:
    return house[0]


@pytest.fixture
def sessions(house: tuple[Ledger, Sessions]) -> Sessions:
    return house[1]


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(monkeypatch)


async def test_a_crash_between_the_ledger_and_the_file_is_made_good_once(
    tmp_path: Path, ledger: Ledger, clock: SetClock, sessions: Sessions
) -> None:
    session = await talk(sessions, ledger, [asked("m_1")])
    await owe(ledger, [asked("m_2"), said("m_3")])  # and then the power fails

    for _ in range(2):
        async with next_life(tmp_path, clock) as (_, restarted):
            assert await written(session) == lines(asked("m_1"), asked("m_2"), said("m_3"))
            async with restarted.use(KEY, "main") as again:
                assert again.entries == [asked("m_1"), asked("m_2"), said("m_3")]


async def test_a_crash_between_the_file_and_its_mark_writes_nothing_twice(
    tmp_path: Path, ledger: Ledger, clock: SetClock, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def crash(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(ledger, "echoes_written", crash)
    with pytest.raises(KeyboardInterrupt):
        await talk(sessions, ledger, [asked("m_1"), said("m_2")])

    async with next_life(tmp_path, clock) as (restarted, _):
        (path,) = await named(tmp_path, "*.jsonl")
        assert (await text(path)).partition(b"\n")[2] == lines(asked("m_1"), said("m_2"))
        assert await restarted.released_echoes(KEY) == []


TURN: list[Entry] = [asked("m_1"), called("m_2", "c_1"), came("m_3", "c_1"), said("m_4")]


async def test_a_crash_in_the_middle_of_a_turns_lines_ends_with_all_of_them_once(
    tmp_path: Path, ledger: Ledger, clock: SetClock, sessions: Sessions
) -> None:
    """At every byte: a call that lost its result to the crash gets it from the ledger, not a substitute."""
    session = await talk(sessions, ledger, [said("m_0")])
    before = await text(session.path)
    for cut in range(0, len(lines(*TURN)) + 1, 7):
        await owe(ledger, TURN)
        await anyio.to_thread.run_sync(session.path.write_bytes, before + lines(*TURN)[:cut])

        restarted = make(tmp_path, ledger, clock)
        await restarted.start(["main"])

        assert await text(session.path) == before + lines(*TURN)
        assert await ledger.released_echoes(KEY) == []
        async with restarted.use(KEY, "main") as again:
            assert again.entries == [said("m_0"), *TURN]


async def test_lines_that_find_no_room_are_caught_up_in_order_and_once(
    sessions: Sessions, ledger: Ledger, disk: Disk, caplog: pytest.LogCaptureFixture
) -> None:
    session = await talk(sessions, ledger, [asked("m_1")])
    disk.full = True
    await talk(sessions, ledger, [said("m_2")])
    await talk(sessions, ledger, [asked("m_3"), said("m_4")])
    await sessions.flush()

    everything: list[Entry] = [asked("m_1"), said("m_2"), asked("m_3"), said("m_4")]
    assert session.entries == everything, "the conversation itself goes on"
    assert await written(session) == lines(asked("m_1"))
    assert len([record for record in caplog.records if record.levelno == logging.ERROR]) == 1

    disk.full = False
    await sessions.flush()
    await sessions.flush()
    assert await written(session) == lines(*everything)
    assert disk.appends == 2
    assert not session.behind
    assert await ledger.released_echoes(KEY) == []


async def test_what_was_written_before_the_disk_filled_is_not_written_again(
    tmp_path: Path, ledger: Ledger, clock: SetClock, sessions: Sessions, disk: Disk
) -> None:
    """After a crash between file and mark, the ledger keeps old lines together with new ones."""
    session = await talk(sessions, ledger, [asked("m_1")])
    await owe(ledger, [asked("m_1")])
    await owe(ledger, [said("m_2")])
    disk.full = True
    restarted = make(tmp_path, ledger, clock)
    await restarted.start(["main"])
    disk.full = False
    await restarted.flush()

    assert await written(session) == lines(asked("m_1"), said("m_2"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(steps=st.lists(st.sampled_from(["turn", "full", "room", "flush", "restart"]), max_size=14))
def test_whatever_happens_every_line_is_written_once_and_in_order(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str]
) -> None:
    async def live(state: Path) -> None:
        with pytest.MonkeyPatch.context() as monkeypatch:
            disk, clock, expected = Disk(monkeypatch), SetClock(), list[Entry]()
            async with AsyncExitStack() as stack:
                ledger, sessions = await stack.enter_async_context(next_life(state, clock))
                for number, step in enumerate([*steps, "room", "turn", "flush"]):
                    match step:
                        case "turn":
                            entries: list[Entry] = [asked(f"m_{number}a"), said(f"m_{number}b")]
                            session = await talk(sessions, ledger, entries)
                            expected += entries
                            assert session.entries == expected
                        case "flush":
                            await sessions.flush()
                        case "restart":
                            sessions = make(state, ledger, clock)
                            await sessions.start(["main"])
                        case _:
                            disk.full = step == "full"
                assert await written(session) == lines(*expected)
                assert await ledger.released_echoes(KEY) == []

    anyio.run(live, tmp_path_factory.mktemp("state"))


async def test_a_hurt_transcript_is_mended_said_and_gone_on_with(
    tmp_path: Path, ledger: Ledger, clock: SetClock, sessions: Sessions, caplog: pytest.LogCaptureFixture
) -> None:
    session = await talk(sessions, ledger, [asked("m_1")])
    hurt = await text(session.path) + b"garbage\n" + encode(said("m_2"))[:20]
    await anyio.to_thread.run_sync(session.path.write_bytes, hurt)

    restarted = make(tmp_path, ledger, clock)
    await restarted.start(["main"])
    await talk(restarted, ledger, [said("m_3")])

    assert await written(session) == lines(asked("m_1"), said("m_3"))
    assert "20 bytes of a torn line and 1 unreadable lines" in caplog.text


async def test_a_transcript_that_cannot_be_read_hurts_no_other(
    tmp_path: Path, ledger: Ledger, clock: SetClock, sessions: Sessions, caplog: pytest.LogCaptureFixture
) -> None:
    broken = await talk(sessions, ledger, [asked("m_1")])
    whole = await talk(sessions, ledger, [asked("m_2")], OTHER)
    await owe(ledger, [said("m_3")])
    await owe(ledger, [said("m_4")], OTHER)
    await anyio.to_thread.run_sync(broken.path.unlink)
    await anyio.to_thread.run_sync(broken.path.mkdir)

    restarted = make(tmp_path, ledger, clock)
    await restarted.start(["main"])

    assert await written(whole) == lines(asked("m_2"), said("m_4"))
    assert f"{KEY} does not get its lines" in caplog.text
    assert len(await ledger.released_echoes(KEY)) == 1
