from pathlib import Path

import pytest

from openclaw.agent.tools.base import Act, Kind
from openclaw.agent.tools.files import write as module
from tests.agent.tools.files.yard import Yard


async def test_a_file_is_written_with_its_folders_and_replaced(tmp_path: Path) -> None:
    yard = Yard(tmp_path)

    wrote = await yard.use("write", path="a/b/c.txt", content="one\ntwo")
    again = await yard.use("write", file_path="/work/a/b/c.txt", content="")

    assert wrote.text == "Wrote a/b/c.txt: 2 lines, 7 bytes."
    assert again.text == "Replaced a/b/c.txt: 0 lines, 0 bytes."
    assert yard.tree() == {"a/": "", "a/b/": "", "a/b/c.txt": ""}


@pytest.mark.parametrize(
    ("path", "kind", "target"),
    [
        ("notes.md", Kind.WRITE, "notes.md"),
        ("a/../AGENTS.md", Kind.INSTRUCT, "AGENTS.md"),
        ("/work/skills/x/SKILL.md", Kind.INSTRUCT, "skills/x/SKILL.md"),
    ],
)
def test_the_policy_sees_the_file_and_every_word(path: str, kind: Kind, target: str, tmp_path: Path) -> None:
    yard = Yard(tmp_path)

    act = yard.tools["write"].act({"path": path, "content": "be nice"}, yard.scene())

    assert act == Act(kind, target, "be nice")
    assert yard.tree() == {}


async def test_what_cannot_be_a_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    yard = Yard(tmp_path)
    yard.put("file")

    assert "must name a file, not a folder" in await yard.refusal("write", path="a/", content="")
    assert "must name a file, not a folder" in await yard.refusal("write", path=".", content="")
    assert "beneath what is no folder" in await yard.refusal("write", path="file/x", content="")
    monkeypatch.setattr(module, "MOST_BYTES", 3)
    assert "at most 3 bytes, not 4" in await yard.refusal("write", path="x", content="ääx"[:2])
    assert yard.tree() == {"file": "inside\n"}


async def test_half_a_surrogate_pair_is_written_as_what_can_be(tmp_path: Path) -> None:
    yard = Yard(tmp_path)

    await yard.use("write", path="x", content="a\ud800b")

    assert (yard.workspace / "x").read_text() == "a?b"
