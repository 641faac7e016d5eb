import os
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import anyio.to_thread
import pytest

from openclaw.store.notes import NoteIndex, NotesError
from openclaw.types.errors import StorageBusyError
from openclaw.types.notes import Wanted
from tests.store.test_note_tables import NOW, Shelf

WANTED = Wanted("dentist", 10, NOW)


@pytest.fixture
async def index(tmp_path: Path) -> AsyncIterator[NoteIndex]:
    index = NoteIndex(tmp_path / "index")
    yield index
    await index.aclose()


def file_of(tmp_path: Path) -> Path:
    return tmp_path / "index" / "agents" / "main.sqlite"


async def paths(index: NoteIndex, shelf: Shelf, collection: str = "agents/main") -> list[str]:
    return [hit.path for hit in (await index.find(collection, shelf, WANTED)).hits]


async def test_collections_do_not_see_each_other(index: NoteIndex, tmp_path: Path) -> None:
    assert await paths(index, Shelf({"a": "the dentist"})) == ["a"]
    assert await paths(index, Shelf({"b": "the baker"}), "agents/aurora") == []
    assert oct(file_of(tmp_path).stat().st_mode & 0o777) == "0o600"
    assert oct(file_of(tmp_path).parent.stat().st_mode & 0o777) == "0o700"


async def test_what_was_read_is_still_known_after_a_restart(index: NoteIndex, tmp_path: Path) -> None:
    shelf = Shelf({"a": "the dentist"})
    await paths(index, shelf)
    await index.aclose()

    again = NoteIndex(tmp_path / "index")
    assert await paths(again, shelf) == ["a"]
    await again.aclose()

    assert shelf.read_paths == ["a"]


@pytest.mark.parametrize(
    "damage", [b"no database at all, but quite long " * 400, b"SQLite format 3\0" + b"\xff" * 5_000]
)
async def test_a_damaged_index_is_made_anew(index: NoteIndex, tmp_path: Path, damage: bytes) -> None:
    shelf = Shelf({"a": "the dentist"})
    await paths(index, shelf)
    await index.aclose()
    file_of(tmp_path).write_bytes(damage)

    assert await paths(index, shelf) == ["a"]
    assert shelf.read_paths == ["a", "a"]


async def test_an_index_that_is_damaged_inside_is_made_anew(index: NoteIndex, tmp_path: Path) -> None:
    shelf = Shelf({f"n{number}": f"the dentist number {number} " * 30 for number in range(300)})
    assert len(await paths(index, shelf)) == 10
    await index.aclose()
    path = file_of(tmp_path)
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(8192)
        file.write(os.urandom(size - 8192))

    assert len(await paths(index, shelf)) == 10


async def test_an_index_that_somebody_deleted_meanwhile_is_made_anew(
    index: NoteIndex, tmp_path: Path
) -> None:
    shelf = Shelf({"a": "the dentist"})
    await paths(index, shelf)
    for path in file_of(tmp_path).parent.iterdir():
        path.unlink()
    shelf.texts["b"] = "another dentist"

    assert sorted(await paths(index, shelf)) == ["a", "b"]


async def test_the_tables_of_another_version_are_made_anew(index: NoteIndex, tmp_path: Path) -> None:
    path = file_of(tmp_path)
    path.parent.mkdir(parents=True)
    old = sqlite3.connect(path)
    old.execute("CREATE TABLE words (old)")
    old.execute("PRAGMA user_version = 99")
    old.close()

    assert await paths(index, Shelf({"a": "the dentist"})) == ["a"]


async def test_a_place_that_cannot_be_written_is_named(index: NoteIndex, tmp_path: Path) -> None:
    (tmp_path / "index").write_text("a file in the way")

    with pytest.raises(NotesError, match=r"agents/main\.sqlite cannot be used"):
        await paths(index, Shelf())


async def test_an_index_that_another_process_holds_is_busy(
    index: NoteIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("openclaw.store.notes.BUSY_SECONDS", 0.05)
    await paths(index, Shelf())

    def hold() -> sqlite3.Connection:
        other = sqlite3.connect(file_of(tmp_path), isolation_level=None, check_same_thread=False)
        other.execute("BEGIN IMMEDIATE")
        return other

    other = await anyio.to_thread.run_sync(hold)
    with pytest.raises(StorageBusyError):
        await paths(index, Shelf({"a": "the dentist"}))
    await anyio.to_thread.run_sync(other.close)
    assert await paths(index, Shelf({"a": "the dentist"})) == ["a"]
