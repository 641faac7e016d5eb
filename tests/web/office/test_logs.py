from pathlib import Path
from typing import Any

import pytest

from openclaw.web.office.logs import LogTail, tail


@pytest.fixture
def log(tmp_path: Path) -> Path:
    file = tmp_path / "gateway.log"
    file.write_text("one\ntwo\nthree\n")
    return file


def told(file: Path, cursor: int | None = None, limit: int = 100, most: int = 10_000) -> dict[str, Any]:
    return dict(tail(file, cursor, limit, most))


async def test_the_end_of_the_log(log: Path) -> None:
    first = await LogTail(log).tail(None, 100, 10_000)
    assert first == {"file": str(log), "cursor": 14, "size": 14, "lines": ["one", "two", "three"]}


def test_then_what_was_added(log: Path) -> None:
    assert told(log, 14)["lines"] == []
    with log.open("a") as file:
        file.write("four\nhalf a li")
    after = told(log, 14)
    assert (after["lines"], after["cursor"], after["size"]) == (["four"], 19, 28)
    with log.open("a") as file:
        file.write("ne\n")
    assert told(log, 19)["lines"] == ["half a line"]


def test_only_whole_lines_and_only_so_many(log: Path) -> None:
    assert told(log, limit=1) | {"cursor": 0} == {
        "file": str(log), "cursor": 0, "size": 14, "lines": ["three"], "truncated": True,
    }  # fmt: skip
    assert told(log, most=8)["lines"] == ["three"]
    cut = told(log, 0, most=8)
    assert (cut["lines"], cut["truncated"]) == (["three"], True)


def test_a_new_log_is_read_from_its_beginning(log: Path) -> None:
    anew = told(log, 500)
    assert (anew["lines"][0], anew["reset"]) == ("one", True)


def test_a_new_log_that_is_longer_already_is_read_from_its_beginning(log: Path) -> None:
    log.write_text("another log, with longer lines\nand more of them\n")
    anew = told(log, 14)
    assert (anew["lines"], anew["reset"]) == (["another log, with longer lines", "and more of them"], True)


def test_no_log_is_no_error(tmp_path: Path) -> None:
    assert told(tmp_path / "none")["lines"] == []
