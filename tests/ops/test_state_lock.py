import os
import subprocess
import sys
from pathlib import Path

import pytest

from openclaw.ops.state_lock import LOCK_FILE, AlreadyRunningError, StateLock, holder

HOLD = """
import sys
from pathlib import Path
from openclaw.ops.state_lock import StateLock
with StateLock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_daemon_is_told_who_holds_the_directory(state_dir: Path) -> None:
    with StateLock(state_dir):
        with pytest.raises(AlreadyRunningError) as refused, StateLock(state_dir):
            pass
        assert refused.value.pid == os.getpid()
        assert str(state_dir) in str(refused.value)
        assert holder(state_dir) == os.getpid()
    assert holder(state_dir) is None


def test_a_directory_that_was_let_go_can_be_held_again(state_dir: Path) -> None:
    for _ in range(2):
        with StateLock(state_dir):
            pass


def test_a_killed_holder_holds_nothing(state_dir: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(state_dir)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(AlreadyRunningError) as refused, StateLock(state_dir):
            pass
        assert refused.value.pid == other.pid
        other.kill()
        other.wait()

    assert holder(state_dir) is None
    with StateLock(state_dir):
        assert (state_dir / LOCK_FILE).read_text() == f"{os.getpid()}\n"


def test_the_lock_is_no_ones_business(state_dir: Path) -> None:
    with StateLock(state_dir):
        assert (state_dir / LOCK_FILE).stat().st_mode & 0o777 == 0o600


def test_a_link_in_the_locks_place_is_not_followed(state_dir: Path, tmp_path: Path) -> None:
    (state_dir / LOCK_FILE).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match=LOCK_FILE), StateLock(state_dir):
        pass
    assert not (tmp_path / "elsewhere").exists()


def test_an_empty_directory_has_no_holder(state_dir: Path) -> None:
    assert holder(state_dir) is None
