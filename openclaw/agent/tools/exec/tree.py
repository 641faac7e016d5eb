"""The processes below a process, as Linux tells them; elsewhere none are known."""

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Weight:
    processes: int
    bytes: int


def descendants(pid: int, most: int = 10_000) -> list[int]:
    """Parents before children, at most so many: of a fork bomb the beginning is enough."""
    found = [pid]
    for parent in found:
        found += _children(parent)
        if len(found) > most:
            break
    return found[1 : most + 1]


def weight(pid: int, most: int) -> Weight:
    """Of the process and all below it; counting ends behind `most` processes."""
    everyone = [pid, *descendants(pid, most)]
    return Weight(len(everyone), sum(_resident(each) for each in everyone))


def kill(pid: int) -> None:
    """The process group, and whoever below it has left the group. A sandbox's processes end with its first one."""
    everyone = descendants(pid)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
    for each in everyone:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(each, signal.SIGKILL)


def interrupt(pid: int, number: signal.Signals) -> None:
    """What a key at a terminal would do: signal all but the sandbox's own processes."""
    below = descendants(pid)
    for each in [process for process in below if not _is_keeper(process)] or [pid]:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(each, number)


def _is_keeper(pid: int) -> bool:
    try:
        return (PROC / str(pid) / "comm").read_text().strip() == "bwrap"
    except OSError:
        return True


def _children(pid: int) -> Iterator[int]:
    try:
        for task in (PROC / str(pid) / "task").iterdir():
            yield from map(int, (task / "children").read_text().split())
    except OSError:
        return


def _resident(pid: int) -> int:
    try:
        return int((PROC / str(pid) / "statm").read_text().split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0
