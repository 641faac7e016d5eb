import os
from collections.abc import Callable
from pathlib import Path

import pytest

from openclaw.migrate.opening import Folder, Seen, UnreadableFileError

Plant = Callable[[Path], object]


def link_to_a_file(root: Path) -> None:
    (root.parent / "secret").write_text("secret")
    (root / "it").symlink_to(root.parent / "secret")


def big(root: Path) -> None:
    with (root / "it").open("wb") as file:
        file.truncate(1 << 40)  # no block of it is on the disk


@pytest.mark.parametrize(
    ("plant", "why"),
    [
        (link_to_a_file, "it is a link"),
        (lambda root: os.mkfifo(root / "it"), "it is no regular file"),
        (lambda root: (root / "it").mkdir(), "it is no regular file"),
        (big, "it is larger than 64 MiB"),
    ],
)
def test_only_regular_files_of_a_sane_size_are_read(plant: Plant, why: str, tmp_path: Path) -> None:
    root = tmp_path / "home"
    root.mkdir()
    plant(root)

    with pytest.raises(UnreadableFileError, match=why):
        Folder(root).read("it")


@pytest.mark.parametrize("name", ["../secret", "a/../../secret", "/etc/passwd", "a//b", "."])
def test_no_name_leads_out(name: str, tmp_path: Path) -> None:
    root = tmp_path / "home"
    (root / "a").mkdir(parents=True)
    (tmp_path / "secret").write_text("secret")

    with pytest.raises((UnreadableFileError, FileNotFoundError)):
        Folder(root).read(name)


def test_no_folder_on_the_way_is_a_link(tmp_path: Path) -> None:
    root = tmp_path / "home"
    root.mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "it").write_text("secret")
    (root / "way").symlink_to(tmp_path / "other")
    folder = Folder(root)

    with pytest.raises((UnreadableFileError, NotADirectoryError)):
        folder.read("way/it")
    assert folder.names("way") == []
    assert [(seen.name, seen.refused) for seen in folder.walk()] == [("way", "it is a link")]


def test_a_walk_tells_of_each_file_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/b/run").write_text("x")
    (tmp_path / "a/b/run").chmod(0o755)
    (tmp_path / "c").write_text("yz")

    assert list(Folder(tmp_path).walk()) == [Seen("a/b/run", 1, True), Seen("c", 2)]
    assert Folder(tmp_path).find("nothing") is None
    assert Folder(tmp_path).find("c") == b"yz"


def test_a_line_without_an_end_is_cut_and_the_next_one_is_whole(tmp_path: Path) -> None:
    (tmp_path / "it").write_bytes(b"x" * 25 + b"\nshort\n")

    with Folder(tmp_path).open("it") as file:
        assert list(file.lines(10)) == [b"x" * 10, b"short\n"]
