import sqlite3
from pathlib import Path

import pytest

from openclaw.migrate import copied_sqlite
from openclaw.migrate.copied_sqlite import copy_database, opened, tables
from openclaw.migrate.opening import Folder, UnreadableFileError
from tests.migrate.houses import tree


@pytest.fixture
def home(tmp_path: Path) -> Path:
    path = tmp_path / "home"
    path.mkdir()
    return path


def test_what_is_only_in_the_log_of_a_running_program_is_read_and_nothing_is_touched(
    home: Path, tmp_path: Path
) -> None:
    running = sqlite3.connect(home / "it.sqlite", isolation_level=None)
    running.execute("PRAGMA journal_mode = WAL")
    running.execute("CREATE TABLE words (word TEXT)")
    running.execute("INSERT INTO words VALUES ('new')")
    before = tree(home)

    copy = copy_database(Folder(home), "it.sqlite", tmp_path / "copy.sqlite")
    with opened(copy) as connection:
        assert tables(connection) == {"words": frozenset({"word"})}
        assert [row["word"] for row in connection.execute("SELECT word FROM words")] == ["new"]

    assert tree(home) == before
    running.execute("INSERT INTO words VALUES ('newer')")
    running.close()


def test_a_file_that_never_stands_still_is_told(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "it.sqlite").write_bytes(b"x")
    copied = copied_sqlite._copy

    def while_it_is_written(folder: Folder, name: str, copy: Path) -> None:
        copied(folder, name, copy)
        with (home / "it.sqlite").open("ab") as file:
            file.write(b"x")

    monkeypatch.setattr(copied_sqlite, "_copy", while_it_is_written)
    with pytest.raises(UnreadableFileError, match="stop the program"):
        copy_database(Folder(home), "it.sqlite", tmp_path / "copy.sqlite")


def test_what_is_no_database_is_told(home: Path, tmp_path: Path) -> None:
    (home / "it.sqlite").write_bytes(b"not a database at all, but long enough to be looked at" * 20)
    copy = copy_database(Folder(home), "it.sqlite", tmp_path / "copy.sqlite")

    with pytest.raises(UnreadableFileError, match="SQLite says"), opened(copy) as connection:
        tables(connection)


def test_a_link_is_no_database(home: Path, tmp_path: Path) -> None:
    (tmp_path / "other.sqlite").write_bytes(b"")
    (home / "it.sqlite").symlink_to(tmp_path / "other.sqlite")

    with pytest.raises(UnreadableFileError, match="it is a link"):
        copy_database(Folder(home), "it.sqlite", tmp_path / "copy.sqlite")
    with pytest.raises(FileNotFoundError):
        copy_database(Folder(home), "none.sqlite", tmp_path / "copy.sqlite")
