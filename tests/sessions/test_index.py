import logging
import stat
from pathlib import Path
from typing import Any

import anyio.to_thread
import orjson
import pytest

from openclaw.files import write_atomically
from openclaw.sessions import index as module
from openclaw.sessions.index import SessionIndex

KEY = "agent:main:main"
ENTRY = {"sessionId": "ses_1", "updatedAt": 5, "thinkingLevel": "high"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sessions" / "sessions.json"


@pytest.fixture
def writes(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What was written, write by write."""
    seen: list[bytes] = []

    def write(path: Path, data: bytes) -> None:
        seen.append(data)
        write_atomically(path, data)

    monkeypatch.setattr(module, "write_atomically", write)
    return seen


async def loaded(path: Path, content: bytes | None = None) -> SessionIndex:
    def load() -> SessionIndex:
        if content is not None:
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)
        index = SessionIndex(path)
        index.load()
        return index

    return await anyio.to_thread.run_sync(load)


async def written(index: SessionIndex) -> dict[str, Any]:
    await index.flush()
    data = await anyio.to_thread.run_sync(index.path.read_bytes)
    found: dict[str, Any] = orjson.loads(data)
    return found


async def test_what_was_put_is_read_by_the_next_life(path: Path) -> None:
    index = await loaded(path)
    index.put(KEY, ENTRY)
    index.put('agent:main:grüße "x"', {"sessionId": "ses_2", "updatedAt": 6})
    await index.flush()

    assert (await loaded(path)).items() == index.items()
    assert stat.S_IMODE((await anyio.to_thread.run_sync(path.stat)).st_mode) == 0o600


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\x00" * 50, b'{"a":\xff}', b'"text"'])
async def test_a_file_that_cannot_be_read_is_kept_aside(
    path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    index = await loaded(path, content)

    assert index.items() == []
    (aside,) = await anyio.to_thread.run_sync(lambda: list(path.parent.glob("sessions.json.unreadable.*")))
    assert await anyio.to_thread.run_sync(aside.read_bytes) == content
    assert "rebuilt from the ledger" in caplog.text
    index.merge(KEY, ENTRY)
    assert await written(index) == {KEY: ENTRY}


async def test_a_missing_file_is_made_from_what_the_ledger_knows(path: Path) -> None:
    index = await loaded(path)
    index.merge(KEY, ENTRY)
    assert await written(index) == {KEY: ENTRY}


async def test_a_file_from_which_nothing_was_missing_is_not_written(path: Path, writes: list[bytes]) -> None:
    index = await loaded(path, orjson.dumps({KEY: ENTRY}))
    index.merge(KEY, ENTRY)
    await index.flush()
    assert writes == []


@pytest.mark.parametrize(
    ("ledgers", "kept"),
    [
        ({"sessionId": "ses_2", "updatedAt": 6}, "ses_2"),
        ({"sessionId": "ses_2", "updatedAt": 5}, "ses_1"),
        ({"sessionId": "ses_2", "updatedAt": 4}, "ses_1"),
    ],
)
async def test_the_newer_entry_wins(path: Path, ledgers: dict[str, Any], kept: str) -> None:
    index = await loaded(path, orjson.dumps({KEY: ENTRY}))
    index.merge(KEY, ledgers)

    entry = index.get(KEY)
    assert entry is not None
    assert entry["sessionId"] == kept
    assert entry["thinkingLevel"] == "high", "what the ledger does not know stays"


async def test_fields_and_entries_that_are_not_ours_are_written_back(path: Path) -> None:
    theirs = {
        KEY: {**ENTRY, "skillsSnapshot": {"version": 3, "x": [1, None]}, "futureField": "kept"},
        "agent:main:no-session": {"label": "kept too"},
        "agent:main:strange": ["kept", 3],
        "agent:main:path": {"sessionId": "../../etc/passwd", "updatedAt": 1},
        "global": None,
    }
    index = await loaded(path, orjson.dumps(theirs))
    assert [key for key, _ in index.items()] == [KEY], "none of the others is a session that could be opened"

    index.put("agent:main:new", {"sessionId": "ses_9", "updatedAt": 9})

    assert await written(index) == {**theirs, "agent:main:new": {"sessionId": "ses_9", "updatedAt": 9}}


@pytest.mark.parametrize("at", [None, "2026-02-27", 1.5, -1, 2**63, [], "absent"])
async def test_a_time_that_cannot_be_compared_is_old(path: Path, at: object) -> None:
    entry = {"sessionId": "ses_1"} if at == "absent" else {"sessionId": "ses_1", "updatedAt": at}
    index = await loaded(path, orjson.dumps({KEY: entry}))
    assert index.get(KEY) == {"sessionId": "ses_1", "updatedAt": 0}

    index.merge(KEY, {"sessionId": "ses_2", "updatedAt": 1})
    assert index.items() == [(KEY, {"sessionId": "ses_2", "updatedAt": 1})]


async def test_many_changes_are_one_write_and_none_is_none(path: Path, writes: list[bytes]) -> None:
    index = await loaded(path)
    for number in range(100):
        index.put(KEY, {**ENTRY, "updatedAt": number})
    await index.flush()
    await index.flush()

    assert len(writes) == 1
    assert orjson.loads(writes[0])[KEY]["updatedAt"] == 99


async def test_a_change_during_a_write_is_in_the_next_one(
    path: Path, writes: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    index = await loaded(path)
    index.put(KEY, ENTRY)

    def write(path: Path, data: bytes) -> None:
        monkeypatch.undo()
        anyio.from_thread.run_sync(index.put, KEY, {**ENTRY, "updatedAt": 6})
        write_atomically(path, data)

    monkeypatch.setattr(module, "write_atomically", write)
    await index.flush()

    assert (await written(index))[KEY]["updatedAt"] == 6


async def test_a_full_disk_is_told_once_and_the_file_written_when_there_is_room(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    index = await loaded(path)
    index.put(KEY, ENTRY)

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(module, "write_atomically", fail)
        for _ in range(3):
            await index.flush()
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    assert f"{path} could not be written: No space left on device" in caplog.text

    assert await written(index) == {KEY: ENTRY}
