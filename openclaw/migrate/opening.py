"""A door into a directory that is not ours: it reads regular files beneath it, and changes nothing there.

A link could lead anywhere, a pipe could wait for ever, and a file could be larger than the memory: neither is read.
"""

import errno
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

MOST_BYTES = 64 << 20
LARGEST_FILE = 256 << 20
DEEPEST = 24
MOST_FILES = 20_000


class UnreadableFileError(Exception):
    """The text says why, in a few words."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A file that may be read, or why not."""

    name: str
    """Beneath the folder, with slashes."""
    size: int = 0
    executable: bool = False
    refused: str = ""


class Folder:
    def __init__(self, root: Path) -> None:
        self.root = root

    def read(self, name: str, most: int = MOST_BYTES) -> bytes:
        """Raises FileNotFoundError or UnreadableFileError."""
        with self.open(name, most) as file:
            return file.read()

    def find(self, name: str, most: int = MOST_BYTES) -> bytes | None:
        """None where there is no such file. Raises UnreadableFileError."""
        try:
            return self.read(name, most)
        except (FileNotFoundError, NotADirectoryError):
            return None

    def open(self, name: str, most: int = LARGEST_FILE) -> "Reader":
        """For reading. Raises FileNotFoundError or UnreadableFileError."""
        try:
            descriptor = self._descend(name)
        except (FileNotFoundError, NotADirectoryError):
            raise
        except OSError as error:
            raise UnreadableFileError(_words(error)) from error
        found = os.fstat(descriptor)
        refused = _refusal(found, most)
        if refused:
            os.close(descriptor)
            raise UnreadableFileError(refused)
        os.set_blocking(descriptor, True)
        return Reader(descriptor)

    def _descend(self, name: str) -> int:
        """Step by step, so that no folder on the way is a link."""
        folder, _, last = name.rpartition("/")
        here = self._folder(folder)
        try:
            _refuse_escape(last)
            # A pipe without a writer would keep the opening waiting.
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            return os.open(last, flags, dir_fd=here)
        finally:
            os.close(here)

    def _folder(self, name: str) -> int:
        here = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        for part in name.split("/") if name else ():
            try:
                _refuse_escape(part)
                flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
                below = os.open(part, flags, dir_fd=here)
            finally:
                os.close(here)
            here = below
        return here

    def names(self, folder: str = "") -> list[str]:
        """Of what lies directly in it; none where there is no such folder."""
        try:
            here = self._folder(folder)
        except (OSError, UnreadableFileError):
            return []
        try:
            return sorted(os.listdir(here))  # noqa: PTH208 - of a descriptor, which a path could not name
        finally:
            os.close(here)

    def is_folder(self, name: str) -> bool:
        try:
            return stat.S_ISDIR((self.root / name).lstat().st_mode)
        except OSError:
            return False

    def is_file(self, name: str) -> bool:
        try:
            return stat.S_ISREG((self.root / name).lstat().st_mode)
        except OSError:
            return False

    def walk(self, most: int = LARGEST_FILE) -> Iterator[Seen]:
        """Every file beneath, in order of the names; what cannot be brought says why."""
        for count, seen in enumerate(self._walk("", 0, most)):
            if count >= MOST_FILES:
                why = f"there are more than {MOST_FILES:,} files; this one and the rest stay"
                yield Seen(seen.name, refused=why)
                return
            yield seen

    def _walk(self, folder: str, depth: int, most: int) -> Iterator[Seen]:
        for name in self.names(folder):
            path = f"{folder}/{name}" if folder else name
            try:
                found = (self.root / path).lstat()
            except OSError as error:
                yield Seen(path, refused=_words(error))
                continue
            if stat.S_ISDIR(found.st_mode):
                if depth >= DEEPEST:
                    yield Seen(path, refused=f"it lies more than {DEEPEST} folders deep")
                else:
                    yield from self._walk(path, depth + 1, most)
                continue
            yield Seen(path, found.st_size, bool(found.st_mode & 0o100), _refusal(found, most))


class Reader:
    """A file object of a descriptor, which it closes."""

    def __init__(self, descriptor: int) -> None:
        self.raw = os.fdopen(descriptor, "rb")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.raw.close()

    def read(self) -> bytes:
        return self.raw.read()

    def lines(self, longest: int) -> Iterator[bytes]:
        """Each with its end; one that is longer comes as the beginning, without an end, and the rest is skipped."""
        while line := self.raw.readline(longest):
            yield line
            while len(line) == longest and not line.endswith(b"\n"):
                line = self.raw.readline(longest)


def _refusal(found: os.stat_result, most: int) -> str:
    if stat.S_ISLNK(found.st_mode):
        return "it is a link"
    if not stat.S_ISREG(found.st_mode):
        return "it is no regular file"
    if found.st_size > most:
        return f"it is larger than {most >> 20} MiB"
    return ""


def _refuse_escape(part: str) -> None:
    if part in {"", ".", ".."}:
        raise UnreadableFileError("its name leads out of the folder")


def _words(error: OSError) -> str:
    return "it is a link" if error.errno == errno.ELOOP else (error.strerror or "it cannot be read").lower()
