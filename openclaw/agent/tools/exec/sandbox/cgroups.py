"""Bounds on all processes of a command together, where we may set them: as root, for whom rlimits count nothing."""

import os
import secrets
import signal
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from openclaw.agent.tools.exec.sandbox.base import Limits

PREFIX = "openclaw-exec-"
MOUNT = Path("/sys/fs/cgroup")
ATTEMPTS, ATTEMPT_SECONDS = 100, 0.01
OWN_PROCESSES = 3
"""Of the sandbox itself."""


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """A group in which groups can be made."""

    parent: Path
    limits: tuple[str, ...]
    """The files that take the limits; the first one must be there."""


@dataclass(frozen=True, slots=True)
class Groups:
    """Those of one command."""

    folders: tuple[Path, ...]

    @property
    def doors(self) -> tuple[str, ...]:
        """Whoever writes 0 there is in."""
        return tuple(str(folder / "cgroup.procs") for folder in self.folders)

    def close(self) -> None:
        """Whoever is still in is killed."""
        for folder in self.folders:
            for _ in range(ATTEMPTS):
                if _removed(folder):
                    break
                threading.Event().wait(ATTEMPT_SECONDS)


PROCESSES, MEMORY = "pids.max", "memory.max"
OLD_MEMORY = "memory.limit_in_bytes"


def _removed(folder: Path) -> bool:
    try:
        folder.rmdir()
    except FileNotFoundError:
        return True
    except OSError:
        with suppress(OSError, ValueError):
            for pid in map(int, (folder / "cgroup.procs").read_text().split()):
                os.kill(pid, signal.SIGKILL)
        return False
    return True


def hierarchies(membership: str, mount: Path = MOUNT) -> tuple[Hierarchy, ...]:
    """Those that take a group with a bound on processes, tried out; empty: none. `membership`: /proc/self/cgroup."""
    found = [
        working
        for candidates in _candidates(membership, mount)
        if (working := next((each for each in candidates if _works(each)), None)) is not None
    ]
    bounds_processes = any(PROCESSES in each.limits for each in found)
    return tuple(found) if bounds_processes else ()


def sweep(found: Sequence[Hierarchy]) -> None:
    """Remove what a daemon that was killed has left; another one's newest group may be empty for a moment."""
    for hierarchy in found:
        for folder in hierarchy.parent.glob(f"{PREFIX}*"):
            maker = folder.name.removeprefix(PREFIX).partition("-")[0]
            if not Path("/proc", maker).exists():
                with suppress(OSError):
                    folder.rmdir()


def make(found: Sequence[Hierarchy], limits: Limits) -> Groups:
    """Raises OSError."""
    values = {
        PROCESSES: limits.processes + OWN_PROCESSES,
        MEMORY: limits.memory_bytes,
        OLD_MEMORY: limits.memory_bytes,
    }
    name, made = f"{PREFIX}{os.getpid()}-{secrets.token_hex(6)}", list[Path]()
    try:
        for hierarchy in found:
            folder = hierarchy.parent / name
            folder.mkdir()
            made.append(folder)
            _bound(folder, hierarchy, values)
    except OSError:
        Groups(tuple(made)).close()
        raise
    return Groups(tuple(made))


def _bound(folder: Path, hierarchy: Hierarchy, values: Mapping[str, int]) -> None:
    for number, file in enumerate(hierarchy.limits):
        try:
            # Never created: a kernel without this controller has no such file.
            descriptor = os.open(folder / file, os.O_WRONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            if number == 0:
                raise
            continue
        try:
            os.write(descriptor, str(values[file]).encode())
        finally:
            os.close(descriptor)


def _works(hierarchy: Hierarchy) -> bool:
    try:
        make([hierarchy], Limits()).close()
    except OSError:
        return False
    return True


def _candidates(membership: str, mount: Path) -> list[list[Hierarchy]]:
    """For each controller, where its groups might be made, the nearest first."""
    candidates: list[list[Hierarchy]] = []
    for line in membership.splitlines():
        _, controllers, place = line.split(":", 2)
        place = place.lstrip("/")
        if not controllers:
            # Only a group without processes hands controllers on, so ours hardly does.
            parents = dict.fromkeys([mount / place, (mount / place).parent, mount])
            inside = [parent for parent in parents if parent == mount or mount in parent.parents]
            candidates.append([Hierarchy(parent, (PROCESSES, MEMORY)) for parent in inside])
        for controller, file in (("pids", PROCESSES), ("memory", OLD_MEMORY)):
            if controller in controllers.split(","):
                root = mount / controllers
                parents = dict.fromkeys([root / place, root])
                candidates.append([Hierarchy(parent, (file,)) for parent in parents])
    return candidates
