import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from openclaw.agent.tools.base import ToolError
from openclaw.agent.tools.files import door as module
from openclaw.agent.tools.files import resolve
from openclaw.agent.tools.files.door import Beneath, MissingError
from openclaw.agent.tools.files.place import Territory, WorkspacePath
from tests.agent.tools.files.test_resolve import OPENERS

SWAPS = 10_000
SWAPPER = """
import os, sys
folder, outside, swaps = sys.argv[1], sys.argv[2], int(sys.argv[3])
os.chdir(folder)
os.symlink(outside, "link"); os.symlink(outside + "/secret.txt", "file-link")
open("plain", "w").write("inside")
for _ in range(swaps):
    os.rename("sub", "real"); os.rename("link", "sub")
    os.rename("sub", "link"); os.rename("real", "sub")
    os.rename("file", "plain-file"); os.rename("file-link", "file")
    os.rename("file", "file-link"); os.rename("plain-file", "file")
"""


def at(root: Path, name: str) -> WorkspacePath:
    return Territory(root).place(name)


def write(root: Path, name: str, data: bytes) -> None:
    with Beneath(root).leaf(at(root, name), make=True, alone=True) as leaf:
        leaf.replace(data)


def test_a_new_file_and_its_folders_belong_to_their_owner_alone(tmp_path: Path) -> None:
    write(tmp_path / "workspace", "a/b/c.txt", b"new")

    path = tmp_path / "workspace" / "a" / "b" / "c.txt"
    assert path.read_bytes() == b"new"
    assert [oct(each.stat().st_mode & 0o777) for each in (path, path.parent)] == ["0o600", "0o700"]


def test_a_replaced_file_keeps_its_mode_but_not_the_bits_that_lend_power(tmp_path: Path) -> None:
    path = tmp_path / "run.sh"
    path.touch()
    path.chmod(0o4755)

    write(tmp_path, "run.sh", b"#!/bin/sh\n")

    assert oct(path.stat().st_mode) == "0o100755"
    assert [each.name for each in tmp_path.iterdir()] == ["run.sh"]


def test_to_replace_one_name_of_a_file_leaves_its_other_names_alone(tmp_path: Path) -> None:
    (tmp_path / "agents").write_text("instructions")
    os.link(tmp_path / "agents", tmp_path / "notes")

    write(tmp_path, "notes", b"notes")

    assert (tmp_path / "agents").read_text() == "instructions"


def test_two_names_within_the_workspace_are_fine_one_outside_is_not(tmp_path: Path) -> None:
    root = tmp_path / "workspace"
    (root / "a").mkdir(parents=True)
    (root / "one").write_text("one")
    os.link(root / "one", root / "a" / "two")
    (tmp_path / "secret").write_text("secret")
    os.link(tmp_path / "secret", root / "three")

    assert Beneath(root).read(at(root, "a/two"), 10).data == b"one"
    with pytest.raises(ToolError, match="another name outside"):
        Beneath(root).read(at(root, "three"), 10)


def test_what_is_no_file_is_neither_read_nor_replaced(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("folder")

    for name, problem in (("folder", "is a folder"), ("pipe", "no regular file"), ("link", "is a link")):
        with pytest.raises(ToolError, match=problem):
            Beneath(tmp_path).read(at(tmp_path, name), 10)
        with pytest.raises(ToolError, match=problem):
            write(tmp_path, name, b"x")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["folder", "link", "pipe"]


def test_what_is_missing_can_be_told_from_what_is_refused(tmp_path: Path) -> None:
    for name in ("nothing", "no/where"):
        with pytest.raises(MissingError, match=f"{name} is not there"):
            Beneath(tmp_path).read(at(tmp_path, name), 10)
    with pytest.raises(ToolError, match="is a folder"):
        Beneath(tmp_path).read(at(tmp_path, "."), 10)


def test_a_long_file_is_read_up_to_the_limit(tmp_path: Path) -> None:
    (tmp_path / "long").write_bytes(b"12345")

    found = [Beneath(tmp_path).read(at(tmp_path, "long"), most) for most in (4, 5)]

    assert [(each.data, each.whole) for each in found] == [(b"1234", False), (b"12345", True)]


def test_names_of_a_folder_come_sorted_and_capped(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "a").touch()

    assert Beneath(tmp_path).names(at(tmp_path, "."), 5) == (["a", "b/"], True)
    assert not Beneath(tmp_path).names(at(tmp_path, "."), 1)[1]


def test_folders_that_were_made_are_taken_away_when_nothing_lies_in_them(tmp_path: Path) -> None:
    path, door = at(tmp_path, "a/b/c/file"), Beneath(tmp_path)
    (tmp_path / "a").mkdir()
    assert door.missing_folders(path) == 2
    write(tmp_path, "a/b/c/file", b"x")
    assert door.missing_folders(path) == 0
    (tmp_path / "a/b/c/file").unlink()
    (tmp_path / "a/b/other").touch()

    door.remove_empty_folders(path, 2)

    assert sorted(each.relative_to(tmp_path).as_posix() for each in tmp_path.rglob("*")) == [
        "a",
        "a/b",
        "a/b/other",
    ]


def test_a_folder_that_a_program_holds_for_ever_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOCK_SECONDS", 0.05)
    holder = os.open(tmp_path, os.O_RDONLY)
    try:
        fcntl.flock(holder, fcntl.LOCK_EX)
        with pytest.raises(ToolError, match="is held by another program"):
            write(tmp_path, "a", b"x")
    finally:
        os.close(holder)


@pytest.mark.parametrize("way", OPENERS)
def test_a_link_swapped_in_ten_thousand_times_leads_nowhere(
    way: resolve.Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resolve, "opener", lambda: way)
    root, outside = tmp_path / "workspace", tmp_path / "outside"
    (root / "sub").mkdir(parents=True)
    outside.mkdir()
    for path, text in (
        (root / "sub/secret.txt", "inside"),
        (root / "file", "inside"),
        (outside / "secret.txt", "canary"),
    ):
        path.write_text(text)
    door, seen, refused = Beneath(root), set(), 0
    swapper = subprocess.Popen([sys.executable, "-c", SWAPPER, str(root), str(outside), str(SWAPS)])
    while swapper.poll() is None:
        for name in ("sub/secret.txt", "file"):
            try:
                seen.add(door.read(at(root, name), 100).data)
            except ToolError:
                refused += 1
        try:
            with door.leaf(at(root, "sub/new.txt"), alone=True) as leaf:
                leaf.replace(b"written")
        except ToolError:
            refused += 1

    assert swapper.wait() == 0
    assert seen == {b"inside"}
    assert refused > 0
    assert {path.name: path.read_text() for path in outside.iterdir()} == {"secret.txt": "canary"}


def test_what_is_off_limits_is_so_under_its_real_name_too(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "key").write_text("canary")
    (tmp_path / "state").symlink_to("real")
    ground = Territory(tmp_path, (tmp_path / "state",))

    for use in (
        lambda path: Beneath(tmp_path).read(path, 10),
        lambda path: Beneath(tmp_path).names(path, 10),
    ):
        with pytest.raises(ToolError, match="own state"):
            use(ground.place("real/key"))
    assert Beneath(tmp_path).names(ground.place("."), 10) == (["real/", "state"], True)


def test_a_workspace_within_the_state_directory_is_not_off_limits(tmp_path: Path) -> None:
    ground = Territory(tmp_path / "workspace", (tmp_path,))

    with Beneath(ground.workspace).leaf(ground.place("a"), make=True) as leaf:
        leaf.replace(b"x")

    assert (tmp_path / "workspace" / "a").read_bytes() == b"x"
