import json
from pathlib import Path

import pytest

from openclaw.gateway.phone.numbers import FILLED, NumberBook, NumberError, NumberFileError, strict
from tests.gateway.phone.switchboard import ADA, BEN, Marks
from tests.gateway.scripted import ControlledClock


@pytest.fixture
def marks() -> Marks:
    return Marks()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "phone" / "authorized-numbers.json"


@pytest.fixture
def book(path: Path, marks: Marks) -> NumberBook:
    return NumberBook(path, marks, ControlledClock())


def modes(path: Path) -> tuple[int, int]:
    return path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777


def gone(path: Path) -> None:
    path.unlink()


def content_of(path: Path) -> str:
    return path.read_text()


def by_hand(path: Path, content: object) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("+12015550123", ADA),
        (" +1 (201) 555-0123 ", ADA),
        ("+1.201.555.0123", ADA),
        ("+36706209518", "+36706209518"),
    ],
)
def test_a_number_is_read_as_people_write_it(written: str, number: str) -> None:
    assert strict(written) == number


@pytest.mark.parametrize(
    "written",
    ["", "+", "2015550123", "12015550123", "0012015550123", "++12015550123", "+1201555012a", "+1201555",
     "+1234567890123456", "+१२०१५५५०१२३", "+12015550123,+12015550145", "sms:+12015550123", "+02015550123"],
)  # fmt: skip
def test_what_is_no_full_number_is_refused_with_what_to_write(written: str) -> None:
    with pytest.raises(NumberError, match=r"\+12015550123"):
        strict(written)


async def test_numbers_are_added_once_and_removed(book: NumberBook, path: Path) -> None:
    assert await book.add("+1 (201) 555-0123", "api") is True
    assert await book.add(ADA, "api") is False
    assert await book.add(BEN, "command line") is True
    assert await book.numbers() == {ADA, BEN} == book.known
    assert await book.remove(ADA) is True
    assert await book.remove(ADA) is False
    written = json.loads(content_of(path))
    assert written == {
        "version": 1,
        "numbers": [{"number": BEN, "addedAt": "2026-02-27T09:00:00.000Z", "by": "command line"}],
    }
    assert modes(path) == (0o600, 0o700)
    assert await book.lines() == [f"{BEN} 2026-02-27T09:00:00.000Z command line"]


async def test_the_list_is_replaced_whole_or_not_at_all(book: NumberBook) -> None:
    await book.add(ADA, "api")
    with pytest.raises(NumberError):
        await book.replace([BEN, "nobody"], "api")
    assert await book.numbers() == {ADA}
    await book.replace([BEN, "+1 201 555 0145"], "api")
    assert [row.number for row in await book.rows()] == [BEN]


async def test_a_list_that_the_owner_edits_counts_at_once(book: NumberBook, path: Path) -> None:
    await book.add(ADA, "api")
    by_hand(path, {"version": 1, "numbers": ["+1 201 555 0145", {"number": "nonsense"}, {"number": BEN}]})
    assert await book.numbers() == {BEN}
    gone(path)
    assert await book.numbers() == frozenset()


@pytest.mark.parametrize("content", ["{", "[]", '{"version":2,"numbers":[]}', '{"version":1}', '"text"'])
async def test_nobody_is_authorised_by_a_list_that_cannot_be_read_and_it_is_not_overwritten(
    book: NumberBook, path: Path, content: str
) -> None:
    by_hand(path, content)
    assert await book.numbers() == frozenset()
    with pytest.raises(NumberFileError, match="mend or remove it"):
        await book.add(ADA, "api")
    with pytest.raises(NumberFileError, match="mend or remove it"):
        await book.shown()
    assert (content_of(path), str(path) in book.fault) == (content, True)


async def test_that_somebody_was_listed_is_never_forgotten(
    book: NumberBook, path: Path, marks: Marks
) -> None:
    assert await book.was_filled() is False
    await book.add(ADA, "api")
    await book.remove(ADA)
    gone(path)
    assert await NumberBook(path, marks, ControlledClock()).was_filled() is True


async def test_also_a_number_written_by_hand_fills_the_list(
    book: NumberBook, path: Path, marks: Marks
) -> None:
    by_hand(path, {"version": 1, "numbers": [ADA]})
    assert await book.was_filled() is True
    assert FILLED in marks.kept
