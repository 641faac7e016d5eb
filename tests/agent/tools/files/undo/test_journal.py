import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from openclaw.agent.tools.files.door import Beneath
from openclaw.agent.tools.files.place import Territory
from openclaw.agent.tools.files.undo.journal import InTurn, Limits, UndoJournal, version_on_disk
from openclaw.agent.tools.files.undo.records import Version
from openclaw.agent.tools.files.undo.restore import undo_last
from openclaw.types.clock import SystemClock

KILLED = """
import os, signal, sys
from pathlib import Path
from openclaw.agent.tools.files import door
from tests.agent.tools.files.undo.test_journal import change, journal
original, where = door.Leaf.replace, sys.argv[2]
def replace(leaf, *rest):
    if where == "after":
        original(leaf, *rest)
    os.kill(os.getpid(), signal.SIGKILL)
door.Leaf.replace = replace
change(journal(Path(sys.argv[1])), "run_2", "notes.md", b"new")
"""


def journal(folder: Path, limits: Limits | None = None) -> UndoJournal:
    return UndoJournal(folder / "workspace", folder / "state", SystemClock(), limits)


def change(kept: UndoJournal, run: str, name: str, data: bytes | None) -> None:
    path, door = Territory(kept.workspace).place(name), Beneath(kept.workspace)
    with kept.changing(InTurn(run, "main")) as recorder, door.leaf(path, make=True) as leaf:
        if data is None:
            recorder.remove(leaf)
        else:
            recorder.replace(leaf, data)


def content(kept: UndoJournal, name: str) -> bytes:
    return (kept.workspace / name).read_bytes()


def test_what_a_file_was_before_the_turn_is_kept_once(tmp_path: Path) -> None:
    kept = journal(tmp_path)
    change(kept, "run_1", "notes.md", b"one")
    for data in (b"two", b"three", None):
        change(kept, "run_2", "notes.md", data)

    first, second = kept.turns()

    assert (first.run_id, second.run_id, second.session_key) == ("run_1", "run_2", "main")
    (file,) = second.files.values()
    assert file.was is not None
    assert kept.objects.get(file.was.sha256) == b"one"
    assert [each.size if each else None for each in file.made] == [3, 5, None]
    assert [each.was for each in first.files.values()] == [None]


@pytest.mark.parametrize("where", ["before", "after"])
def test_killed_between_copy_and_change_the_old_state_can_be_had(where: str, tmp_path: Path) -> None:
    kept = journal(tmp_path)
    change(kept, "run_1", "notes.md", b"old")

    killed = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), where], check=False)

    assert killed.returncode == -signal.SIGKILL
    assert content(kept, "notes.md") == (b"old" if where == "before" else b"new")
    undone = undo_last(journal(tmp_path))
    assert undone is not None
    assert [each.outcome for each in undone.files] == ["unchanged" if where == "before" else "restored"]
    assert content(kept, "notes.md") == b"old"


def test_a_torn_line_is_ended_before_the_next_is_written(tmp_path: Path) -> None:
    kept = journal(tmp_path)
    change(kept, "run_1", "a", b"1")
    (manifest,) = kept.folder.glob("*/manifest.jsonl")
    with manifest.open("ab") as file:
        file.write(b'{"path":["b"],"wa')

    change(kept, "run_1", "c", b"2")

    (turn,) = kept.turns()
    assert [each.parts for each in turn.files] == [("a",), ("c",)]


def test_a_large_file_is_changed_and_not_kept(tmp_path: Path) -> None:
    kept = journal(tmp_path, Limits(file_bytes=10))
    (tmp_path / "workspace").mkdir()
    (tmp_path / "workspace" / "big").write_bytes(b"x" * 11)

    change(kept, "run_1", "big", b"new")

    assert content(kept, "big") == b"new"
    assert [each.was for each in kept.turns()[0].files.values()] == [Version("", 0o644, 11, kept=False)]


def test_the_oldest_turns_are_forgotten_with_what_they_kept(tmp_path: Path) -> None:
    kept = journal(tmp_path, Limits(turns=3, grace_seconds=0))
    for number in range(6):
        change(kept, f"run_{number}", "notes.md", f"version {number}".encode())

    assert [turn.run_id for turn in kept.turns()] == ["run_3", "run_4", "run_5"]
    contents = {kept.objects.get(name) for name, _ in kept.objects.sizes()}
    assert contents == {b"version 2", b"version 3", b"version 4"}


def test_no_more_is_kept_than_there_is_room_for(tmp_path: Path) -> None:
    kept = journal(tmp_path, Limits(total_bytes=250, grace_seconds=0))
    for number in range(5):
        change(kept, f"run_{number}", "notes.md", bytes([number]) * 100)
    for name in ("a", "b", "c"):
        change(kept, "run_5", name, name.encode() * 100)
    for name in ("a", "b", "c"):
        change(kept, "run_6", name, b"x")

    assert sum(size for _, size in kept.objects.sizes()) <= 350
    assert [file.was.kept for file in kept.turns()[-1].files.values() if file.was] == [
        False,
        False,
        False,
    ] or (sum(bool(file.was and file.was.kept) for file in kept.turns()[-1].files.values()) <= 2)


def test_a_run_s_name_is_no_part_of_a_path(tmp_path: Path) -> None:
    kept = journal(tmp_path)

    change(kept, "../../../evil\ud800/\0", "a", b"1")

    assert kept.turns()[0].files
    assert sorted(path.name for path in tmp_path.iterdir()) == ["state", "workspace"]


def test_everything_is_its_owner_s_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        kept = journal(tmp_path)
        change(kept, "run_1", "a", b"1")
        change(kept, "run_2", "a", b"2")
    finally:
        os.umask(before)

    modes = {path.stat().st_mode & 0o777 for path in kept.folder.rglob("*") if path.is_file()}
    assert modes == {0o600}


def test_a_file_s_version_is_its_content_and_mode(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"one")
    (tmp_path / "a").chmod(0o640)
    ground, door = Territory(tmp_path), Beneath(tmp_path)

    found = version_on_disk(door, ground.place("a"))

    assert found is not None
    assert (found.mode, found.size) == (0o640, 3)
    assert version_on_disk(door, ground.place("none/b")) is None


def test_nobody_else_can_look_into_it(tmp_path: Path) -> None:
    kept = journal(tmp_path)
    before = os.umask(0o022)
    try:
        change(kept, "run_1", "notes.md", b"one")
    finally:
        os.umask(before)

    found = [kept.folder.parent, *kept.folder.parent.rglob("*")]
    assert {oct(path.stat().st_mode & 0o077) for path in found} == {"0o0"}
