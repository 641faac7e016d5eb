import io
from dataclasses import replace
from pathlib import Path

import pytest

from openclaw.agent.tools.base import ToolError
from openclaw.agent.tools.files import read as module
from openclaw.agent.tools.files.read import CHARACTERS, LINE_CHARACTERS, LINES, Page, read_page
from openclaw.types.conversation import Picture
from openclaw.types.messages import Role
from tests.agent.tools.files.yard import Yard, png


def page(data: bytes, offset: int = 1, limit: int = LINES, *, count: bool = True) -> Page:
    return read_page(io.BytesIO(data), offset, limit, count=count)


@pytest.mark.parametrize(
    ("data", "offset", "limit", "lines", "total"),
    [
        (b"", 1, 9, (), 0),
        (b"a", 1, 9, ("a",), 1),
        (b"a\n", 1, 9, ("a",), 1),
        (b"a\n\n", 1, 9, ("a", ""), 2),
        (b"a\r\nb\r\n", 1, 9, ("a", "b"), 2),
        (b"a\nb\nc\nd\n", 2, 2, ("b", "c"), 4),
        (b"a\nb\n", 5, 2, (), 2),
        (b"\xef\xbb\xbfa\nb", 1, 9, ("a", "b"), 2),
    ],
)
def test_a_page_is_what_was_asked_for(
    data: bytes, offset: int, limit: int, lines: tuple[str, ...], total: int
) -> None:
    found = page(data, offset, limit)

    assert (found.lines, found.total, found.first) == (lines, total, offset)


def test_a_page_ends_before_it_holds_too_much() -> None:
    line = "x" * 999 + "\n"

    found = page((line * 200).encode())

    assert len(found.lines) == CHARACTERS // 999
    assert found.total == 200


def test_of_a_long_line_the_beginning_is_shown_and_the_rest_is_counted() -> None:
    found = page(("ä" * 3_000_000 + "\nnext").encode())

    assert found.lines[0].startswith("ä" * LINE_CHARACTERS + " [… 5,996,000 more bytes of this line]")
    assert found.lines[1:] == ("next",)


def test_a_huge_file_is_not_read_to_its_end_only_to_count_its_lines() -> None:
    assert page(b"a\nb\nc\n", 1, 2, count=False) == Page(("a", "b"), 1, None, False)


async def test_text_comes_with_its_line_numbers_and_how_to_go_on(tmp_path: Path) -> None:
    yard = Yard(tmp_path)
    yard.put("notes.md", "one\ntwo\nthree\n")

    assert (await yard.use("read", path="notes.md")).text == "1\tone\n2\ttwo\n3\tthree"
    assert (await yard.use("read", path="/work/notes.md", offset=2, limit=1)).text == (
        "2\ttwo\n[lines 2 to 2 of 3; go on with offset 3]"
    )
    assert (await yard.use("read", path="notes.md", offset=7)).text == "notes.md has only 3 lines, none at 7."
    yard.put("empty", "")
    assert (await yard.use("read", path="empty")).text == "empty is empty."


async def test_bytes_that_are_no_utf_8_are_told_of(tmp_path: Path) -> None:
    yard = Yard(tmp_path)
    (yard.workspace / "old.txt").write_bytes(b"caf\xe9\n")

    assert (await yard.use("read", path="old.txt")).text == (
        "1\tcaf\ufffd\n[some bytes are no UTF-8 and are shown as \ufffd]"
    )


@pytest.mark.parametrize(
    ("data", "hint"),
    [
        (b"%PDF-1.7\n", "pdftotext"),
        (b"PK\x03\x04rest", "unpack it"),
        (b"\x1f\x8b\x08", "gunzip"),
        (b"SQLite format 3\0", "sqlite3"),
        (b"\xff\xfea\0", "UTF-16"),
        (b"\x7fELF\0\0", "it is binary"),
    ],
)
async def test_what_is_no_text_is_refused_with_a_hint(data: bytes, hint: str, tmp_path: Path) -> None:
    yard = Yard(tmp_path)
    (yard.workspace / "file").write_bytes(data)

    refusal = await yard.refusal("read", path="file")

    assert refusal.startswith(f"file is no text ({len(data)} bytes)")
    assert hint in refusal


async def test_a_folder_says_what_it_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    yard = Yard(tmp_path)
    yard.put("a/b.txt")
    yard.put("c.txt")
    (yard.workspace / "empty").mkdir()

    assert (await yard.use("read", path=".")).text == ". is a folder. It holds:\na/\nc.txt\nempty/"
    assert (await yard.use("read", path="empty")).text == "empty is an empty folder."
    monkeypatch.setattr(module, "NAMES", 1)
    assert "[more than 1 names; the rest is left out]" in (await yard.use("read", path="a/..")).text


async def test_what_is_missing_is_answered_with_what_is_near(tmp_path: Path) -> None:
    yard = Yard(tmp_path)
    yard.put("a/shopping.md")

    assert (
        await yard.refusal("read", path="a/shoping.md") == "a/shoping.md is not there; there is shopping.md"
    )
    assert await yard.refusal("read", path="nowhere/x") == "nowhere/x is not there"


async def test_a_picture_is_shown_and_kept_even_when_the_file_goes(tmp_path: Path) -> None:
    yard = Yard(tmp_path)
    (yard.workspace / "dot.png").write_bytes(png())

    shown = await yard.use("read", path="dot.png")
    (yard.workspace / "dot.png").unlink()

    assert shown.text == f"dot.png: image/png, 2 × 1 pixels, {len(png())} bytes"
    (picture,) = shown.pictures
    assert isinstance(picture, Picture)
    assert picture.media_type == "image/png"
    assert (yard.state / picture.path).read_bytes() == png()
    assert oct((yard.state / picture.path).stat().st_mode)[-3:] == "600"


async def test_a_picture_that_no_provider_would_take_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    yard = Yard(tmp_path)
    (yard.workspace / "torn.png").write_bytes(png()[:-20])
    assert "cannot be shown: it is a damaged PNG" in await yard.refusal("read", path="torn.png")
    monkeypatch.setattr(module, "MOST_BYTES", 10)
    (yard.workspace / "big.png").write_bytes(png())
    assert "at most 10 can be shown" in await yard.refusal("read", path="big.png")


async def test_memory_says_whose_words_it_rests_on(tmp_path: Path) -> None:
    yard = Yard(tmp_path)
    yard.put("memory/2026-11-21.md", "\n## 09:00 · main\nProvenance: owner, web\n\n> Provenance: owner\n")
    yard.put("memory/2026-11-20.md", "\n## 09:00 · main\nProvenance: owner\n\nDentist.\n")
    yard.put("notes.md", "Provenance: stranger\n")

    found = [
        (await yard.use("read", path=name)).provenance
        for name in ("memory/2026-11-21.md", "memory/2026-11-20.md", "notes.md")
    ]

    assert found == ["web", "memory", "file"]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({}, "path is required"),
        ({"path": 5}, "path must be a string of at least 1 characters, not 5"),
        ({"path": "a", "offset": 0}, "offset must be an integer ≥ 1, not 0"),
        ({"path": "a", "lines": 5}, "there is no argument lines; there is path, offset, limit"),
    ],
)
def test_bad_arguments_can_be_corrected(arguments: dict[str, object], complaint: str, tmp_path: Path) -> None:
    yard = Yard(tmp_path)
    with pytest.raises(ToolError) as refused:
        yard.tools["read"].act(arguments, yard.scene())

    assert str(refused.value) == f"ToolInputError: {complaint}"


RAIN = "media/inbound/2026-02-02/U2-rain.txt"


def sent(yard: Yard, data: bytes) -> None:
    (yard.state / RAIN).parent.mkdir(parents=True)
    (yard.state / RAIN).write_bytes(data)


async def test_what_people_sent_is_read_by_the_path_that_their_message_tells(tmp_path: Path) -> None:
    yard = Yard(tmp_path)
    sent(yard, b"rain, rain")

    output = await yard.use("read", path=RAIN)

    assert (output.text, output.provenance) == ("1\train, rain", "stranger")
    assert (
        await yard.refusal("read", path=RAIN.replace("U2", "U3"))
        == f"{RAIN.replace('U2', 'U3')} is not there"
    )
    assert yard.tree() == {}


@pytest.mark.parametrize("role", ["owner", "member", "stranger"])
async def test_what_programs_must_look_into_is_lent_to_the_owners(tmp_path: Path, role: Role) -> None:
    yard = Yard(tmp_path)
    sent(yard, b"%PDF-1.7")
    tool, scene = yard.tools["read"], replace(yard.scene(), role=role)

    with pytest.raises(ToolError, match="it is a PDF; get its text with a program") as caught:
        await tool.run({"path": RAIN}, scene)

    if role == "owner":
        assert str(caught.value).endswith(". Programs find a copy of it at received/U2-rain.txt")
    assert list(yard.tree()) == (["received/", "received/U2-rain.txt"] if role == "owner" else [])
