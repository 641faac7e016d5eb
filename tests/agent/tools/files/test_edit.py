from pathlib import Path

import pytest

from openclaw.agent.tools.base import Kind, ToolError
from openclaw.agent.tools.files.edit import EditArguments, replaced
from tests.agent.tools.files.yard import Yard

TEXT = "def one():\n    return 1\n\ndef two():\n    return 2\n"


def edit(text: str, old: str, new: str, *, every: bool = False) -> tuple[str, list[int]]:
    given = {"path": "x", "oldText": old, "newText": new, "replace_all": every}
    return replaced("x", text, EditArguments.model_validate(given))


@pytest.mark.parametrize(
    ("old", "new", "text", "lines"),
    [
        ("return 1", "return 7", TEXT.replace("1", "7"), [2]),
        ("\n    return 2\n", "\n", TEXT.replace("\n    return 2\n", "\n"), [4]),
        (TEXT, "", "", [1]),
    ],
)
def test_a_piece_becomes_another(old: str, new: str, text: str, lines: list[int]) -> None:
    assert edit(TEXT, old, new) == (text, lines)


def test_every_place_is_changed_only_when_asked_for() -> None:
    assert edit(TEXT, "return", "yield", every=True) == (TEXT.replace("return", "yield"), [2, 5])
    with pytest.raises(ToolError, match=r"oldText is 2 times in x \(lines 2, 5\); give more"):
        edit(TEXT, "return", "yield")


def test_overlapping_places_are_counted_as_they_are_replaced() -> None:
    assert edit("aaaa", "aa", "b", every=True) == ("bb", [1, 1])


def test_a_file_s_own_line_ends_stay() -> None:
    assert edit("a\r\nb\r\nc\r\n", "a\nb", "x\ny") == ("x\r\ny\r\nc\r\n", [1])


def test_what_is_not_there_is_answered_with_what_is_nearest() -> None:
    with pytest.raises(ToolError) as refused:
        edit(TEXT, "def two() -> int:\n    return 3", "x")

    assert str(refused.value) == (
        "oldText is not in x. Nearest to it, with line numbers:\n4\tdef two():\n5\t    return 2"
    )
    with pytest.raises(ToolError, match="nothing there is like it"):
        edit(TEXT, "completely different words", "x")
    with pytest.raises(ToolError, match="read the file again"):
        edit(TEXT, "\n\n\n", "x")


def test_nothing_to_change_is_said() -> None:
    with pytest.raises(ToolError, match="nothing would change"):
        edit(TEXT, "one", "one")


@pytest.mark.parametrize(
    "names",
    [
        ("path", "oldText", "newText"),
        ("file_path", "old_string", "new_string"),
        ("path", "old_text", "new_text"),
    ],
)
async def test_both_families_of_names_are_known(names: tuple[str, str, str], tmp_path: Path) -> None:
    yard = Yard(tmp_path)
    yard.put("x.py", TEXT)

    told = await yard.use("edit", **dict(zip(names, ("x.py", "return 1", "return 9"), strict=True)))

    assert told.text == "Changed x.py at line 2."
    assert yard.tree() == {"x.py": TEXT.replace("1", "9")}


async def test_what_was_there_and_what_comes_is_shown_to_the_owner(tmp_path: Path) -> None:
    yard = Yard(tmp_path)
    act = yard.tools["edit"].act({"path": "SOUL.md", "oldText": "a", "newText": "b"}, yard.scene())

    assert (act.kind, act.target, act.payload) == (Kind.INSTRUCT, "SOUL.md", "- a\n+ b")


async def test_what_could_not_be_written_back_as_it_was_is_left_alone(tmp_path: Path) -> None:
    yard = Yard(tmp_path)
    (yard.workspace / "old").write_bytes(b"caf\xe9")

    assert "no UTF-8 text (byte 3)" in await yard.refusal("edit", path="old", oldText="caf", newText="x")
    assert await yard.refusal("edit", path="none", oldText="caf", newText="x") == "none is not there"
    assert (yard.workspace / "old").read_bytes() == b"caf\xe9"
