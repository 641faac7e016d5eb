import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from openclaw.store.note_tables import create, search, update
from openclaw.types.notes import Listing, Passage, Reading, Stamp, Wanted

NOW = 1_772_000_000_000
DAY = 24 * 3600 * 1000


@dataclass
class Shelf:
    """Notes in memory: path → text; counts what is read."""

    texts: dict[str, str] = field(default_factory=dict)
    times: dict[str, int] = field(default_factory=dict)
    identity: str = "shelf"
    read_paths: list[str] = field(default_factory=list)
    unreadable: set[str] = field(default_factory=set)
    growing: bool = False

    def listing(self) -> Listing:
        return Listing({path: Stamp(self.times.get(path, 1), len(text)) for path, text in self.texts.items()})

    def read(self, path: str, known: Reading | None) -> Reading | None:
        self.read_paths.append(path)
        if path in self.unreadable:
            raise PermissionError(13, "not allowed")
        text = self.texts[path]
        if known is not None and known.digest == text.encode():
            return None
        if self.growing and known is not None:
            rest = text[int(known.resume) :]
            return Reading(text.encode(), (Passage(9, 9, rest),), str(len(text)), appended=True)
        return Reading(text.encode(), (Passage(1, 1, text),), str(len(text)))


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    create(connection)
    yield connection
    connection.close()


def hits(connection: sqlite3.Connection, shelf: Shelf, query: str, session: str | None = None) -> list[str]:
    update(connection, shelf, shelf.listing())
    return [hit.path for hit in search(connection, Wanted(query, 10, NOW, session))]


def test_only_what_has_changed_is_read_again(connection: sqlite3.Connection) -> None:
    shelf = Shelf({"a": "the dentist", "b": "the baker"})
    assert hits(connection, shelf, "dentist") == ["a"]

    shelf.texts["a"] = "the butchers"
    shelf.read_paths.clear()

    assert hits(connection, shelf, "dentist") == []
    assert hits(connection, shelf, "butcher") == ["a"]
    assert shelf.read_paths == ["a"]


def test_a_new_time_without_new_content_is_noted_and_no_more(connection: sqlite3.Connection) -> None:
    shelf = Shelf({"a": "the dentist"})
    hits(connection, shelf, "x")
    shelf.times["a"] = 2

    assert [hits(connection, shelf, "dentist") for _ in range(3)] == [["a"]] * 3
    assert shelf.read_paths == ["a", "a"]


def test_what_is_gone_is_forgotten(connection: sqlite3.Connection) -> None:
    shelf = Shelf({f"n{number}": "the dentist" for number in range(1_100)})
    assert len(hits(connection, shelf, "dentist")) == 10

    shelf.texts = {"n1": "the dentist"}

    assert hits(connection, shelf, "dentist") == ["n1"]
    assert connection.execute("SELECT count(*) FROM words").fetchone() == (1,)


def test_what_cannot_be_read_is_not_found_and_not_tried_each_time(connection: sqlite3.Connection) -> None:
    shelf = Shelf({"a": "the dentist"})
    hits(connection, shelf, "x")
    shelf.times["a"], shelf.unreadable = 2, {"a"}

    assert [hits(connection, shelf, "dentist") for _ in range(3)] == [[], [], []]
    assert shelf.read_paths == ["a", "a"]


def test_what_was_appended_comes_behind_what_is_known(connection: sqlite3.Connection) -> None:
    shelf = Shelf({"a": "the dentist"}, growing=True)
    hits(connection, shelf, "x")
    shelf.texts["a"] += " and the baker"

    assert hits(connection, shelf, "dentist baker") == ["a", "a"]


def test_another_folder_under_the_same_name_is_read_from_the_beginning(
    connection: sqlite3.Connection,
) -> None:
    hits(connection, Shelf({"a": "the dentist"}), "x")

    assert hits(connection, Shelf({"a": "the bakers!"}, identity="other"), "dentist baker") == ["a"]
    assert connection.execute("SELECT count(*) FROM passages").fetchone() == (1,)


def test_the_index_is_asked_only_for_one_conversation_where_that_is_wanted(
    connection: sqlite3.Connection,
) -> None:
    update(connection, Shelf(), Listing({}))
    connection.execute("INSERT INTO files VALUES (1, 'a', 1, 1, x'', '')")
    for number, session in ((1, "mine"), (2, "theirs"), (3, "")):
        connection.execute(
            "INSERT INTO passages VALUES (?, 1, ?, ?, 'owner', ?, NULL)", (number, number, number, session)
        )
        connection.execute(
            "INSERT INTO words (rowid, heading, text) VALUES (?, '', 'the dentist')", (number,)
        )

    found = search(connection, Wanted("dentist", 10, NOW, "mine"))

    assert [hit.passage.session for hit in found] == ["mine"]
    assert len(search(connection, Wanted("dentist", 10, NOW))) == 3


def test_more_of_the_question_and_then_the_newer_comes_first(connection: sqlite3.Connection) -> None:
    class Dated(Shelf):
        def read(self, path: str, known: Reading | None) -> Reading | None:
            age = {"old": 300, "new": 1, "whole": 900}[path]
            return Reading(path.encode(), (Passage(1, 1, self.texts[path], at=NOW - age * DAY),))

    shelf = Dated({"old": "the dentist", "new": "the dentist", "whole": "the dentist on tuesday at three"})

    assert hits(connection, shelf, "dentist tuesday") == ["whole", "new", "old"]


def test_an_unknown_provenance_in_the_file_is_nobody_s_we_know(connection: sqlite3.Connection) -> None:
    update(connection, Shelf({"a": "the dentist"}), Shelf({"a": "the dentist"}).listing())
    connection.execute("UPDATE passages SET provenance = 'king'")

    (hit,) = search(connection, Wanted("dentist", 10, NOW))
    assert hit.passage.provenance == "stranger"


def test_a_question_without_words_finds_nothing(connection: sqlite3.Connection) -> None:
    assert search(connection, Wanted(" …?", 10, NOW)) == ()
