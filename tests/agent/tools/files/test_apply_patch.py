from pathlib import Path

import pytest

from openclaw.agent.tools.base import Kind, ToolError
from openclaw.agent.tools.files.apply_patch import Change, File, carry_out, planned
from openclaw.agent.tools.files.patch import parse
from openclaw.agent.tools.files.place import Territory
from openclaw.agent.tools.files.undo.journal import InTurn
from tests.agent.tools.files.yard import Yard, patch


async def test_files_are_added_changed_moved_and_deleted_together(tmp_path: Path) -> None:
    yard = Yard(tmp_path)
    yard.put("run.sh", "#!/bin/sh\necho 1\n").chmod(0o755)
    yard.put("gone.txt")

    told = await yard.use(
        "apply_patch",
        input=patch(
            "*** Add File: a/new.md",
            "+hello",
            "*** Update File: run.sh",
            "*** Move to: bin/run.sh",
            "@@",
            "-echo 1",
            "+echo 2",
            "*** Delete File: gone.txt",
        ),
    )

    assert told.text == "Done:\nadded a/new.md\nmoved run.sh to bin/run.sh\ndeleted gone.txt"
    assert yard.tree() == {"a/": "", "a/new.md": "hello\n", "bin/": "", "bin/run.sh": "#!/bin/sh\necho 2\n"}
    assert oct((yard.workspace / "bin/run.sh").stat().st_mode)[-3:] == "755"


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        (("*** Update File: b.txt", "@@", "-nothing like it"), "b.txt: hunk 1 has no place"),
        (("*** Update File: none.txt", "@@", "-x"), "none.txt is not there"),
        (("*** Delete File: none.txt",), "none.txt is not there"),
        (("*** Add File: b.txt", "+x"), "b.txt is there already"),
        (("*** Update File: a.txt", "*** Move to: b.txt", "@@", "-2", "+3"), "b.txt is there already"),
        (("*** Add File: ../x", "+x"), "leads out of the workspace"),
        (("*** Add File: a.txt/x", "+x"), "there already|no folder|is a link"),
    ],
)
async def test_when_one_part_does_not_fit_nothing_is_changed(
    bad: tuple[str, ...], problem: str, tmp_path: Path
) -> None:
    yard = Yard(tmp_path)
    yard.put("a.txt", "1\n")
    yard.put("b.txt", "b\n")
    before = yard.tree()

    with pytest.raises(ToolError, match=problem):
        await yard.use("apply_patch", input=patch("*** Update File: a.txt", "@@", "-1", "+2", *bad))

    assert yard.tree() == before


def test_one_file_may_be_changed_twice_and_take_another_s_place(tmp_path: Path) -> None:
    yard = Yard(tmp_path)
    yard.put("a", "1\n")
    yard.put("b", "2\n")

    changes = planned(
        parse(
            patch(
                "*** Update File: a",
                "@@",
                "-1",
                "+one",
                "*** Update File: a",
                "@@",
                "-one",
                "+uno",
                "*** Delete File: b",
                "*** Update File: a",
                "*** Move to: b",
                "*** Add File: a",
                "+new",
            )
        ),
        Territory(yard.workspace),
    )

    assert {str(each.path): each.new.content if each.new else None for each in changes} == {
        "a": b"new\n",
        "b": b"uno\n",
    }


def test_a_failure_in_the_middle_is_taken_back(tmp_path: Path) -> None:
    yard = Yard(tmp_path)
    yard.put("a", "1\n")
    yard.put("c", "changed meanwhile\n")
    ground = Territory(yard.workspace)
    changes = [
        Change(ground.place("a"), File(b"1\n", 0o644), File(b"2\n", 0o644)),
        Change(ground.place("new/b"), None, File(b"b\n")),
        Change(ground.place("c"), File(b"as it was read\n", 0o644), File(b"c\n", 0o644)),
    ]

    with (
        yard.journal.changing(InTurn("run_1", "main")) as recorder,
        pytest.raises(
            ToolError, match="c was changed by somebody else meanwhile; read it again; nothing was changed"
        ),
    ):
        carry_out(changes, recorder)

    assert yard.tree() == {"a": "1\n", "c": "changed meanwhile\n", "new/": ""}


def test_one_file_that_instructs_makes_the_whole_patch_an_instruction(tmp_path: Path) -> None:
    yard = Yard(tmp_path)
    text = patch(
        "*** Add File: notes.md",
        "+x",
        "*** Update File: notes.md",
        "*** Move to: memory/x.md",
        "@@",
        "-x",
        "+y",
    )

    act = yard.tools["apply_patch"].act({"input": text}, yard.scene())
    plain = yard.tools["apply_patch"].act({"input": patch("*** Delete File: a")}, yard.scene())

    assert (act.kind, act.target, act.payload) == (Kind.INSTRUCT, "memory/x.md", text)
    assert (plain.kind, plain.target) == (Kind.WRITE, "a")
