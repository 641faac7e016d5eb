from pathlib import Path

import pytest

from openclaw.channels.telegram.files import keep


def test_a_file_is_whole_and_private(tmp_path: Path) -> None:
    path = tmp_path / "inbound" / "2026-02-02" / "U1.jpg"
    keep(path, b"one")
    keep(path, b"two")

    assert path.read_bytes() == b"two"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert list(path.parent.iterdir()) == [path]


def test_what_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    taken = tmp_path / "U1.jpg"
    taken.mkdir()

    with pytest.raises(IsADirectoryError):
        keep(taken, b"one")
    assert list(tmp_path.iterdir()) == [taken]
