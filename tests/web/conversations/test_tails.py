from pathlib import Path
from typing import Any

import orjson
import pytest

from openclaw.web.conversations import tails
from openclaw.web.conversations.tails import Tails, messages_in, words

HEADER = {"type": "session", "id": "s"}


def said(number: int, text: str = "") -> dict[str, Any]:
    return {
        "role": "user" if number % 2 else "assistant",
        "content": text or f"word {number}",
        "id": f"m{number}",
    }


def results(count: int) -> dict[str, Any]:
    return {"role": "tool", "content": [{"type": "tool_result"}] * count, "id": "t"}


def write(path: Path, *lines: dict[str, Any], mode: str = "ab") -> None:
    with path.open(mode) as file:
        for line in lines:
            file.write(orjson.dumps(line) + b"\n")


def test_only_the_end_is_parsed_and_all_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tails, "FIRST_BLOCK", 64)
    monkeypatch.setattr(tails, "BLOCK", 128)
    path, reader = tmp_path / "s.jsonl", Tails()
    write(path, HEADER, *(said(number) for number in range(500)))

    tail = reader.read(path, 3)

    assert [line["id"] for line in tail.lines] == ["m497", "m498", "m499"]
    assert tail.total == 500
    write(path, results(2), said(501))
    assert [line["id"] for line in reader.read(path, 3).lines] == ["t", "m501"]
    assert reader.read(path, 3).total == 503


def test_all_of_a_short_one_is_there_with_lines_longer_than_a_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tails, "FIRST_BLOCK", 16)
    monkeypatch.setattr(tails, "BLOCK", 32)
    path = tmp_path / "s.jsonl"
    lines = [HEADER, said(1, "é" * 5000), said(2), said(3, "x" * 300)]
    write(path, *lines)
    assert Tails().read(path, 100).lines == lines


def test_a_line_that_is_being_written_is_not_there_yet(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    write(path, said(1), said(2))
    with path.open("ab") as file:
        file.write(b'{"role":"user","content":"hal')
    reader = Tails()
    assert [line["id"] for line in reader.read(path, 9).lines] == ["m1", "m2"]
    assert reader.read(path, 9).total == 2
    assert reader.last_said(path) == "word 2"


def test_a_torn_line_in_the_middle_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    path.write_bytes(b'{"role":"user","con\n[1]\n')
    write(path, said(1))
    tail = Tails().read(path, 9)
    assert ([line["id"] for line in tail.lines], tail.total) == (["m1"], 1)


def test_a_new_conversation_under_the_same_name_is_counted_anew(tmp_path: Path) -> None:
    path, reader = tmp_path / "s.jsonl", Tails()
    write(path, said(1), said(2), said(3))
    assert reader.read(path, 1).total == 3
    write(tmp_path / "new", said(4, "a new one"))
    (tmp_path / "new").replace(path)
    assert reader.read(path, 1).total == 1
    write(path, said(5, "short"), mode="wb")
    assert reader.read(path, 1).total == 1


def test_what_is_not_there_is_empty(tmp_path: Path) -> None:
    assert Tails().read(tmp_path / "gone", 9) == tails.Tail([], 0)
    assert Tails().last_said(tmp_path / "gone") == ""
    (tmp_path / "empty").touch()
    assert Tails().read(tmp_path / "empty", 9).lines == []


def test_the_last_words_are_those_of_a_person_or_the_assistant(tmp_path: Path) -> None:
    path, reader = tmp_path / "s.jsonl", Tails()
    call = {"role": "assistant", "content": [{"type": "tool_use"}], "id": "m2"}
    write(path, said(1, "  is it\nwarm? "), call, results(1))
    assert reader.last_said(path) == "is it warm?"
    write(path, {"role": "assistant", "content": [{"type": "text", "text": "yes " * 100}], "id": "m3"})
    assert reader.last_said(path) == ("yes " * 100)[: tails.PREVIEW]


@pytest.mark.parametrize(
    ("line", "count", "text"),
    [
        (HEADER, 0, ""),
        (said(1, "hi"), 1, "hi"),
        (results(3), 3, ""),
        ({"role": "tool", "content": "odd"}, 0, ""),
        ({"type": "compaction", "summary": "before"}, 1, ""),
        ({"role": "user", "content": [{"type": "image"}, {"type": "text", "text": "look"}]}, 1, "look"),
        ({"role": "user", "content": None}, 1, ""),
        (
            said(1, "look\n[photo: media/inbound/2026-11-21/web-1.png (a b.png, image/png)]"),
            1,
            "look [photo]",
        ),
    ],
)
def test_what_a_line_holds(line: dict[str, Any], count: int, text: str) -> None:
    assert (messages_in(line), words(line)) == (count, text)
