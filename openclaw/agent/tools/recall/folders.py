"""Files beneath a folder, found and read through no link. Blocks."""

import os
import re
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from openclaw.agent.tools.files.resolve import open_folder
from openclaw.types.notes import Listing, Stamp

MOST_FILES = 20_000
MOST_DEPTH = 8
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


def files_beneath(
    root: Path, folder: Sequence[str], wanted: re.Pattern[str], most: int = MOST_FILES
) -> Listing:
    """Files whose name `wanted` finds something in, by their path beneath `root`.

    Names later in the alphabet, and so newer dates, come first.
    Nothing is there when the folder is missing or a link. Names that begin with a dot are passed over.
    """
    found: dict[str, Stamp] = {}
    left_out = 0
    waiting: list[tuple[str, ...]] = [tuple(folder)]
    try:
        with _opened(root) as base:
            while waiting:
                names = waiting.pop()
                if len(found) >= most or len(names) - len(folder) > MOST_DEPTH:
                    left_out += 1
                    continue
                inner, files = _looked_into(base, names, wanted)
                waiting += [(*names, name) for name in sorted(inner)]
                for name, stamp in sorted(files, reverse=True):
                    if len(found) < most:
                        found["/".join((*names, name))] = stamp
                    else:
                        left_out += 1
    except FileNotFoundError:
        pass
    return Listing(found, left_out)


def stamp_of(root: Path, names: Sequence[str]) -> Stamp | None:
    """None for what is no plain file."""
    try:
        with _opened(root) as base, _folder(base, names[:-1]) as folder:
            return _stamp(os.stat(names[-1], dir_fd=folder, follow_symlinks=False))
    except OSError:
        return None


@contextmanager
def open_beneath(root: Path, names: Sequence[str]) -> Iterator[int]:
    """A descriptor of a plain file. Raises OSError."""
    with _opened(root) as base, _folder(base, names[:-1]) as folder:
        descriptor = os.open(names[-1], _READ, dir_fd=folder)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise OSError("it is no plain file")
            yield descriptor
        finally:
            os.close(descriptor)


def read_beneath(root: Path, names: Sequence[str], most: int) -> bytes:
    """Its first `most` bytes. Raises OSError."""
    with open_beneath(root, names) as descriptor, open(descriptor, "rb", closefd=False) as file:
        return file.read(most)


def _looked_into(
    base: int, names: Sequence[str], wanted: re.Pattern[str]
) -> tuple[list[str], list[tuple[str, Stamp]]]:
    """Folders and files; neither where the folder is gone or a link."""
    folders: list[str] = []
    files: list[tuple[str, Stamp]] = []
    try:
        with _folder(base, names) as folder, os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.name)
                elif wanted.search(entry.name) and (stamp := _stamp(entry.stat(follow_symlinks=False))):
                    files.append((entry.name, stamp))
    except OSError:
        return folders, files
    return folders, files


def _stamp(found: os.stat_result) -> Stamp | None:
    return Stamp(found.st_mtime_ns, found.st_size) if stat.S_ISREG(found.st_mode) else None


@contextmanager
def _opened(root: Path) -> Iterator[int]:
    # The root may be reached through links: it is the owner who says where it is.
    descriptor = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def _folder(base: int, names: Sequence[str]) -> Iterator[int]:
    descriptor = open_folder(base, tuple(names))
    try:
        yield descriptor
    finally:
        os.close(descriptor)
