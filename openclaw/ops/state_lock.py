"""One daemon to a state directory."""

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from openclaw.types.errors import OpenClawError

LOCK_FILE = "daemon.lock"


class AlreadyRunningError(OpenClawError):
    """Somebody else holds the state directory; the process ends with 75."""

    def __init__(self, state: Path, pid: int | None) -> None:
        holder = f"pid {pid}" if pid else "a process that has not said its pid"
        super().__init__(
            f"another openclaw ({holder}) holds {state}. "
            "Stop it, or give this one a directory of its own with OPENCLAW_STATE_DIR."
        )
        self.pid = pid


class StateLock:
    """Held from entering to leaving. The kernel lets go of it however the process ends."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self._file: int | None = None

    def __enter__(self) -> Self:
        """Raises AlreadyRunningError."""
        file = os.open(self._state / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            raise AlreadyRunningError(self._state, _written_pid(self._state)) from None
        os.ftruncate(file, 0)
        os.pwrite(file, f"{os.getpid()}\n".encode(), 0)
        self._file = file
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._file is not None
        # The file stays: without it a third process could lock a new one while a second still waits on this.
        os.ftruncate(self._file, 0)
        os.close(self._file)
        self._file = None


def holder(state: Path) -> int | None:
    """The pid of the daemon that holds the directory now, if one does."""
    try:
        file = os.open(state / LOCK_FILE, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _written_pid(state)
    finally:
        os.close(file)
    return None


def _written_pid(state: Path) -> int | None:
    """None in the instant between locking and writing."""
    text = (state / LOCK_FILE).read_text(errors="replace").strip()
    return int(text) if text.isdigit() else None
