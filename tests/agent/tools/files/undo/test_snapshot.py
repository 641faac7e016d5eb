import os
import shutil
import subprocess
from pathlib import Path

import pytest

from openclaw.agent.tools.files.undo.snapshot import Bounds, Look, Watch, look
from tests.agent.tools.files.undo.test_restore import outcomes
from tests.agent.tools.files.yard import Yard

PROGRAM = """
set -e
echo changed > a.txt
rm b.txt
mkdir -p new/deep
echo new > new/deep/c.txt
chmod 755 d.sh
mv e.txt moved.txt
: > same.txt
echo kept > node_modules/x
"""


def filled(folder: Path) -> Yard:
    yard = Yard(folder)
    for name in ("a.txt", "b.txt", "d.sh", "e.txt", "node_modules/x", "sub/untouched.txt"):
        yard.put(name, f"{name}\n")
    yard.put("same.txt", "")
    return yard


def run(yard: Yard, program: str = PROGRAM) -> None:
    subprocess.run(["/bin/sh", "-c", program], cwd=yard.workspace, check=True)


async def test_what_a_program_did_is_taken_back(tmp_path: Path) -> None:
    yard = filled(tmp_path)
    before = yard.tree()

    async with Watch(yard.book).watching(yard.scene()):
        run(yard)

    assert outcomes(await yard.undo()) == {
        "a.txt": "restored",
        "b.txt": "restored",
        "d.sh": "restored",
        "e.txt": "restored",
        "moved.txt": "removed",
        "new/deep/c.txt": "removed",
    }
    after = {name: text for name, text in yard.tree().items() if not name.startswith("new/")}
    assert after == {**before, "node_modules/x": "kept\n"}
    assert oct((yard.workspace / "d.sh").stat().st_mode)[-3:] == "644"


async def test_tools_and_programs_of_one_turn_are_taken_back_together(tmp_path: Path) -> None:
    yard = filled(tmp_path)
    await yard.use("write", path="a.txt", content="by the tool")
    async with Watch(yard.book).watching(yard.scene()):
        run(yard, "echo by the program >> a.txt")
    await yard.use("edit", path="a.txt", oldText="by the", newText="of the", replace_all=True)

    assert outcomes(await yard.undo()) == {"a.txt": "restored"}
    assert yard.tree()["a.txt"] == "a.txt\n"


async def test_a_program_that_goes_on_is_looked_at_when_it_ends(tmp_path: Path) -> None:
    yard = filled(tmp_path)
    watch = Watch(yard.book)

    before = await watch.before(yard.scene())
    await yard.use("write", run="run_2", path="meanwhile.txt", content="x")
    run(yard, "echo later > a.txt")
    await watch.after(yard.scene(), before)

    assert await yard.undo() is not None
    assert await yard.undo() is not None
    assert yard.tree()["a.txt"] == "a.txt\n"
    assert "meanwhile.txt" not in yard.tree()


async def test_files_past_the_bounds_are_never_taken_for_new_ones(tmp_path: Path) -> None:
    yard = Yard(tmp_path)
    for number in range(9):
        yard.put(f"{number}.txt", f"{number}\n")

    async with Watch(yard.book, Bounds(files=4)).watching(yard.scene()):
        run(yard, "rm 0.txt 1.txt; echo x > 2.txt; echo x > 8.txt")

    await yard.undo()
    assert yard.tree()["2.txt"] == "2\n"
    assert {f"{number}.txt" for number in range(2, 9)} <= yard.tree().keys()


async def test_large_files_are_told_of_and_not_kept(tmp_path: Path) -> None:
    yard = filled(tmp_path)
    yard.put("big", "x" * 100)
    watch = Watch(yard.book, Bounds(kept_file_bytes=50))

    async with watch.watching(yard.scene()):
        run(yard, "echo small > big; head -c 200 /dev/zero > bigger")

    assert outcomes(await yard.undo()) == {"big": "not kept", "bigger": "removed"}


async def test_names_that_are_no_text_are_passed_over(tmp_path: Path) -> None:
    yard = filled(tmp_path)

    async with Watch(yard.book).watching(yard.scene()):
        run(yard, "printf x > \"$(printf 'caf\\351')\"; echo changed > a.txt")

    assert outcomes(await yard.undo()) == {"a.txt": "restored"}


async def test_links_and_pipes_that_a_program_leaves_hurt_nobody(tmp_path: Path) -> None:
    yard = filled(tmp_path)

    async with Watch(yard.book).watching(yard.scene()):
        run(
            yard,
            f"rm a.txt; ln -s {yard.secret} a.txt; ln -s / sub/root; mkfifo pipe; ln -s {yard.outside} folder",
        )

    assert outcomes(await yard.undo()) == {"a.txt": "failed"}
    assert yard.secret.read_text().startswith("canary")
    assert len(list(yard.outside.iterdir())) == 1


def test_a_second_look_reads_only_what_has_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    yard = filled(tmp_path)
    for path in yard.workspace.rglob("*.*"):
        os.utime(path, (1, 1))
    journal = yard.journal
    monkeypatch.setattr("openclaw.agent.tools.files.undo.snapshot.TICK_NS", -1_000_000_000_000)
    with journal.locked():
        first = look(journal, Bounds())
        shutil.rmtree(journal.folder / "objects")
        (journal.folder / "objects").mkdir()
        again = look(journal, Bounds())
        yard.put("a.txt", "changed\n")
        third = look(journal, Bounds(read_bytes=20))

    assert isinstance(first, Look)
    assert first.files == again.files
    assert {parts for parts in first.files if first.files[parts] != third.files[parts]} == {("a.txt",)}


async def test_without_room_for_the_journal_the_program_still_runs(tmp_path: Path) -> None:
    yard = filled(tmp_path)
    folder = yard.journal.folder
    folder.parent.mkdir()
    folder.touch()

    async with Watch(yard.book).watching(yard.scene()):
        run(yard, "echo changed > a.txt")

    assert yard.tree()["a.txt"] == "changed\n"
