import os
import re
from pathlib import Path

import pytest

from openclaw.agent.tools.recall.folders import files_beneath, open_beneath, read_beneath, stamp_of

MARKDOWN = re.compile(r"\.md$")


def write(root: Path, *paths: str) -> None:
    for path in paths:
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(path)


def test_files_are_found_at_any_depth_the_newest_dates_first(tmp_path: Path) -> None:
    write(
        tmp_path,
        "m/2026-01-01.md",
        "m/2026-02-01.md",
        "m/work/x.md",
        "m/x.txt",
        "m/.hidden/x.md",
        "m/.x.md",
        "o.md",
    )

    found = files_beneath(tmp_path, ("m",), MARKDOWN)

    assert list(found.files) == ["m/2026-02-01.md", "m/2026-01-01.md", "m/work/x.md"]
    assert found.files["m/work/x.md"].size == len("m/work/x.md")


def test_links_lead_nowhere(tmp_path: Path) -> None:
    write(tmp_path, "secret/x.md", "m/own.md")
    (tmp_path / "m" / "folder").symlink_to(tmp_path / "secret")
    (tmp_path / "m" / "file.md").symlink_to(tmp_path / "secret" / "x.md")
    (tmp_path / "linked").symlink_to(tmp_path / "secret")

    assert list(files_beneath(tmp_path, ("m",), MARKDOWN).files) == ["m/own.md"]
    assert files_beneath(tmp_path, ("linked",), MARKDOWN).files == {}
    assert stamp_of(tmp_path, ("m", "file.md")) is None
    for names in (("m", "file.md"), ("m", "folder", "x.md"), ("linked", "x.md")):
        with pytest.raises(OSError, match=r"symbolic|Not a directory"):
            read_beneath(tmp_path, names, 10)


def test_only_so_many_are_looked_at_and_the_rest_is_counted(tmp_path: Path) -> None:
    write(tmp_path, *(f"m/2026-01-{day:02d}.md" for day in range(1, 11)))

    found = files_beneath(tmp_path, ("m",), MARKDOWN, most=3)

    assert list(found.files) == ["m/2026-01-10.md", "m/2026-01-09.md", "m/2026-01-08.md"]
    assert found.left_out == 7


def test_a_folder_without_end_ends(tmp_path: Path) -> None:
    write(tmp_path, "m/" + "d/" * 30 + "x.md")

    assert files_beneath(tmp_path, ("m",), MARKDOWN).left_out == 1


def test_what_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert files_beneath(tmp_path / "nowhere", (), MARKDOWN).files == {}
    assert files_beneath(tmp_path, ("m",), MARKDOWN).files == {}


def test_a_pipe_is_neither_found_nor_waited_for(tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    os.mkfifo(tmp_path / "m" / "x.md")

    assert files_beneath(tmp_path, ("m",), MARKDOWN).files == {}
    with pytest.raises(OSError, match="no plain file"), open_beneath(tmp_path, ("m", "x.md")):
        raise AssertionError("never opened")


def test_only_the_beginning_of_a_large_file_is_read(tmp_path: Path) -> None:
    write(tmp_path, "m.md")

    assert read_beneath(tmp_path, ("m.md",), 2) == b"m."
