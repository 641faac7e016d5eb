from pathlib import Path
from typing import Any

import pytest

from openclaw.store.phone_archive import Page
from openclaw.web.office.telephone import TelephoneBook, remembered
from openclaw.web.office.told import UnknownKeyError
from tests.web.fake_office import FakeArchive

CALL, RECORDING = "CA" + "a" * 32, "RE" + "b" * 32
ROW = {"id": CALL, "direction": "inbound", "place": f"2026-02-27T09:00:00.000Z|{CALL}"}


@pytest.fixture
def archive() -> FakeArchive:
    return FakeArchive(kept_calls=[ROW, {**ROW, "id": "CA2", "place": "2026|CA2"}])


@pytest.fixture
def book(tmp_path: Path, archive: FakeArchive) -> TelephoneBook:
    folder = tmp_path / CALL
    folder.mkdir()
    (folder / f"{RECORDING}.mp3").write_bytes(b"sound")
    (folder / f"{RECORDING}.txt").write_text("Hello, is the house still for sale?\n")
    (folder / f"{RECORDING}.pending").touch()
    return TelephoneBook(archive, tmp_path)


async def test_a_page_tells_where_the_next_one_begins(book: TelephoneBook) -> None:
    assert (await book.calls(Page(limit=2)))["before"] == "2026|CA2"
    assert (await book.calls(Page(limit=3)))["before"] is None


async def test_a_call_comes_with_its_recordings_and_their_transcripts(
    book: TelephoneBook, archive: FakeArchive
) -> None:
    archive.said = [{"at": "2026", "by": "them", "text": "Hello", "session": "agent:main:main"}]
    found = await book.call(CALL)
    assert found["recordings"] == [
        {
            "name": RECORDING,
            "url": f"/api/v1/phone/recordings/{CALL}/{RECORDING}.mp3",
            "bytes": 5,
            "transcript": "Hello, is the house still for sale?",
        }
    ]
    assert found["session"] == "agent:main:main"


async def test_a_transcript_may_lie_there_without_its_sound(book: TelephoneBook, tmp_path: Path) -> None:
    (tmp_path / CALL / f"{RECORDING}.mp3").unlink()
    found = (await book.call(CALL))["recordings"]
    words = "Hello, is the house still for sale?"
    assert found == [{"name": RECORDING, "url": None, "bytes": 0, "transcript": words}]


@pytest.mark.parametrize("sid", ["CA9", "../../etc", CALL + "\n", "CA" + "c" * 32])
async def test_a_call_that_is_not_there_is_said_to_be_that(book: TelephoneBook, sid: str) -> None:
    with pytest.raises(UnknownKeyError, match="there is no call"):
        await book.call(sid)


async def test_only_plain_recordings_are_given_away(book: TelephoneBook, tmp_path: Path) -> None:
    (tmp_path / CALL / f"{RECORDING[:-1]}c.mp3").symlink_to("/etc/passwd")
    (tmp_path / f"{CALL[:-1]}b").symlink_to(tmp_path / CALL)
    assert await book.file(CALL, f"{RECORDING}.mp3") == tmp_path / CALL / f"{RECORDING}.mp3"
    for call, name in [
        (CALL, f"{RECORDING[:-1]}c.mp3"), (f"{CALL[:-1]}b", f"{RECORDING}.mp3"), (CALL, f"{RECORDING}.txt"),
        ("..", f"{RECORDING}.mp3"), (CALL, "../secret.mp3"), (CALL, f"{RECORDING[:-1]}d.mp3"),
    ]:  # fmt: skip
        assert await book.file(call, name) is None, (call, name)


def test_the_words_of_an_old_call_are_those_of_its_conversation() -> None:
    words: list[dict[str, Any]] = [
        {"by": "them", "text": None, "trace": "t_2", "session": "agent:main:main"},
        {"by": "us", "text": "Quite.", "trace": "t_2"},
    ]
    lines: list[dict[str, Any]] = [
        {"type": "session"},
        {"role": "user", "content": "hello", "trace": "t_1"},
        {"role": "assistant", "content": "hi"},
        {"role": "user", "content": "Is it warm?", "trace": "t_2", "timestamp": "2026"},
        {"role": "assistant", "content": [{"type": "tool_use"}]},
        {"role": "tool", "content": []},
        {"role": "assistant", "content": "Quite.", "timestamp": "2026"},
        {"role": "user", "content": "later", "trace": "t_3"},
    ]
    assert [(line["by"], line["text"]) for line in remembered(words, lines)] == [
        ("them", "Is it warm?"),
        ("us", "Quite."),
    ]
    assert remembered(words, []) == [words[1]]
