import os
import stat
import threading
from pathlib import Path

import pytest

from openclaw.files import alone_in, file_away, sync_folder, write_atomically


def test_a_file_is_replaced_whole_and_only_for_us(tmp_path: Path) -> None:
    path = tmp_path / "sessions.json"
    path.write_bytes(b"old and longer")

    write_atomically(path, b"new")

    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [other.name for other in tmp_path.iterdir()] == ["sessions.json"]


def test_another_mode_is_possible(tmp_path: Path) -> None:
    write_atomically(tmp_path / "unit", b"[Unit]", mode=0o644)
    assert stat.S_IMODE((tmp_path / "unit").stat().st_mode) == 0o644


@pytest.mark.parametrize("failing", ["write", "rename"])
def test_a_failure_leaves_the_old_file_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    path = tmp_path / "sessions.json"
    path.write_bytes(b"old")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    if failing == "write":
        monkeypatch.setattr(os, "fsync", fail)
    else:
        monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(path, b"new")

    assert path.read_bytes() == b"old"
    assert [other.name for other in tmp_path.iterdir()] == ["sessions.json"]


def test_a_link_is_replaced_and_its_target_left_alone(tmp_path: Path) -> None:
    target, path = tmp_path / "target", tmp_path / "sessions.json"
    target.write_bytes(b"somebody's")
    path.symlink_to(target)

    write_atomically(path, b"new")

    assert target.read_bytes() == b"somebody's"
    assert not path.is_symlink()


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_atomically(tmp_path / "nowhere" / "file", b"")
    with pytest.raises(FileNotFoundError):
        sync_folder(tmp_path / "nowhere")


def test_a_second_program_waits_until_the_first_is_done(tmp_path: Path) -> None:
    order: list[str] = []

    def second() -> None:
        with alone_in(tmp_path):
            order.append("second")

    other = threading.Thread(target=second)
    with alone_in(tmp_path):
        other.start()
        order.append("first")
    other.join()
    assert order == ["first", "second"]


def test_what_others_sent_is_filed_away_whole_and_private(tmp_path: Path) -> None:
    path = tmp_path / "inbound" / "2026-02-02" / "U1.jpg"
    file_away(path, b"one")
    file_away(path, b"two")

    assert path.read_bytes() == b"two"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert list(path.parent.iterdir()) == [path]


def test_what_cannot_be_filed_away_leaves_nothing_behind(tmp_path: Path) -> None:
    taken = tmp_path / "U1.jpg"
    taken.mkdir()

    with pytest.raises(IsADirectoryError):
        file_away(taken, b"one")
    assert list(tmp_path.iterdir()) == [taken]
