import stat
from pathlib import Path

import pytest

from openclaw.store.files import write_atomically


def test_a_file_is_replaced_whole_and_private(tmp_path: Path) -> None:
    path = tmp_path / "sessions.json"
    path.write_text("old")
    path.chmod(0o644)

    write_atomically(path, b"new")

    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "folder"
    path.mkdir()
    (path / "inside").write_text("kept")

    with pytest.raises(OSError, match="irectory"):
        write_atomically(path, b"new")

    assert (path / "inside").read_text() == "kept"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_is_replaced_not_followed(tmp_path: Path) -> None:
    (tmp_path / "victim").write_text("kept")
    (tmp_path / "file").symlink_to(tmp_path / "victim")

    write_atomically(tmp_path / "file", b"new")

    assert (tmp_path / "victim").read_text() == "kept"
    assert not (tmp_path / "file").is_symlink()
