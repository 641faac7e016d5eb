"""The one door to the files of a workspace: nothing is opened but beneath it, and through no link.

Everything here blocks.
"""

import errno
import fcntl
import os
import secrets
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from openclaw.agent.tools.base import ToolError
from openclaw.agent.tools.files.place import OFF_LIMITS, WorkspacePath
from openclaw.agent.tools.files.resolve import FOLDER, open_folder

FILE_MODE, FOLDER_MODE = 0o600, 0o700
PLAIN_MODE = 0o777
"""A program in the sandbox may set other bits; they are not handed on."""
LOCK_SECONDS = 5.0
"""A program in the sandbox may hold a folder's lock for ever."""
MOST_NAMES = 20_000
"""Looked at to find the other names of one file."""

_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class MissingError(ToolError):
    """Nothing lies there."""


@dataclass(frozen=True, slots=True)
class Content:
    data: bytes
    mode: int
    whole: bool
    """False: it was read up to the limit only."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A name in an open folder. Whatever lies under it is reached through that folder, wherever it is moved."""

    folder: int
    name: str
    path: WorkspacePath

    def look(self) -> os.stat_result | None:
        try:
            return os.stat(self.name, dir_fd=self.folder, follow_symlinks=False)
        except FileNotFoundError:
            return None

    def open(self) -> int:
        """A descriptor of a regular file, which the caller closes."""
        found = self.look()
        if found is None:
            raise MissingError(f"{self.path} is not there")
        # Looked at before it is opened: to open a device may set it going.
        _refuse_all_but_files(found, self.path)
        descriptor = os.open(self.name, _READ, dir_fd=self.folder)
        try:
            found = os.fstat(descriptor)
            _refuse_all_but_files(found, self.path)
            if found.st_nlink > 1:
                _refuse_names_outside(found, self.path)
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor

    def read(self, most: int) -> Content:
        with os.fdopen(self.open(), "rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            data = file.read(most + 1)
        return Content(data[:most], mode & PLAIN_MODE, len(data) <= most)

    def replace(self, data: bytes, mode: int | None = None) -> None:
        """The old content or the new one, never half of it. Without `mode` it stays as it was."""
        old = self.look()
        if old is not None:
            _refuse_all_but_files(old, self.path)
        if mode is None:
            mode = stat.S_IMODE(old.st_mode) & PLAIN_MODE if old is not None else FILE_MODE
        temporary = f".openclaw-{secrets.token_hex(8)}.tmp"
        descriptor = os.open(temporary, _NEW, FILE_MODE, dir_fd=self.folder)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fchmod(descriptor, mode)
                _belongs_to_owner_of(self.folder, descriptor)
                os.fsync(descriptor)
            os.replace(temporary, self.name, src_dir_fd=self.folder, dst_dir_fd=self.folder)
        except BaseException:
            with suppress(OSError):
                os.unlink(temporary, dir_fd=self.folder)
            raise
        os.fsync(self.folder)

    def remove(self) -> None:
        found = self.look()
        if found is None:
            raise MissingError(f"{self.path} is not there")
        _refuse_all_but_files(found, self.path)
        os.unlink(self.name, dir_fd=self.folder)
        os.fsync(self.folder)


class Beneath:
    """Everything raises ToolError, in words for the model."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @contextmanager
    def leaf(self, path: WorkspacePath, *, make: bool = False, alone: bool = False) -> Iterator[Leaf]:
        """`make`: the folders above it are made. `alone`: nobody else changes a file in its folder meanwhile."""
        if not path.parts:
            raise ToolError(f"{path} is a folder, not a file")
        _refuse_off_limits(path)
        with refusing(path), self._folder(path.parts[:-1], make=make) as folder:
            if alone:
                _lock(folder, path)
            yield Leaf(folder, path.parts[-1], path)

    def read(self, path: WorkspacePath, most: int) -> Content:
        with self.leaf(path) as leaf:
            return leaf.read(most)

    def names(self, path: WorkspacePath, most: int) -> tuple[list[str], bool]:
        """What a folder holds, sorted, folders with a `/`; and whether that is all."""
        _refuse_off_limits(path)
        with refusing(path), self._folder(path.parts) as folder, os.scandir(folder) as found:
            names: list[str] = []
            for entry in found:
                if len(names) == most:
                    return sorted(names), False
                names.append(entry.name + ("/" if entry.is_dir(follow_symlinks=False) else ""))
            return sorted(names), True

    def is_folder(self, path: WorkspacePath) -> bool:
        if not path.parts:
            return True
        with self.leaf(path) as leaf:
            found = leaf.look()
            return found is not None and stat.S_ISDIR(found.st_mode)

    def missing_folders(self, path: WorkspacePath) -> int:
        """How many of the folders above it are not there."""
        for missing in range(len(path.parts)):
            try:
                with self._folder(path.parts[: len(path.parts) - 1 - missing]):
                    return missing
            except OSError:
                continue
        return len(path.parts) - 1

    def remove_empty_folders(self, path: WorkspacePath, count: int) -> None:
        """The innermost `count` folders above it, as far as nothing lies in them."""
        folders = path.parts[:-1]
        with suppress(OSError):
            for depth in range(len(folders), len(folders) - count, -1):
                with self._folder(folders[: depth - 1]) as above:
                    os.rmdir(folders[depth - 1], dir_fd=above)

    @contextmanager
    def _folder(self, names: tuple[str, ...], *, make: bool = False) -> Iterator[int]:
        if make:
            self.root.mkdir(FOLDER_MODE, parents=True, exist_ok=True)
        # The root may be reached through links: it is the owner who says where the workspace is.
        with _closing(os.open(self.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)) as root:
            with _closing(_made(root, names) if make else open_folder(root, names)) as folder:
                yield folder


@contextmanager
def refusing(path: WorkspacePath) -> Iterator[None]:
    """What the system says becomes what the model is told."""
    try:
        yield
    except OSError as error:
        raise _refusal(path, error) from error


def _refusal(path: WorkspacePath, error: OSError) -> ToolError:
    match error.errno:
        case errno.ENOENT:
            return MissingError(f"{path} is not there")
        case errno.ELOOP | errno.ENOTDIR | errno.EXDEV:
            return ToolError(
                f"{path} is a link, lies behind one, or beneath what is no folder; name the file itself"
            )
        case errno.EISDIR:
            return ToolError(f"{path} is a folder, not a file")
        case errno.ENXIO:
            return ToolError(f"{path} is no regular file")
        case _:
            return ToolError(f"{path}: {error.strerror or error}")


def _made(root: int, names: tuple[str, ...]) -> int:
    try:
        return open_folder(root, names)
    except FileNotFoundError:
        pass
    current = os.open(".", FOLDER, dir_fd=root)
    for name in names:
        with _closing(current):
            with suppress(FileExistsError):
                os.mkdir(name, FOLDER_MODE, dir_fd=current)
                os.fsync(current)
            inner = os.open(name, FOLDER, dir_fd=current)
            _belongs_to_owner_of(current, inner)
        current = inner
    return current


def _belongs_to_owner_of(folder: int, made: int) -> None:
    """Root makes things for whoever owns the workspace: its programs run as that user."""
    if os.geteuid() == 0:
        whose, mine = os.fstat(folder), os.fstat(made)
        if (mine.st_uid, mine.st_gid) != (whose.st_uid, whose.st_gid):
            os.fchown(made, whose.st_uid, whose.st_gid)


def _refuse_off_limits(path: WorkspacePath) -> None:
    """A folder has one real name, whatever links lead to it; behind the root no link is followed."""
    root = Path(os.path.realpath(path.root)) if path.off_limits else path.root
    for forbidden in path.off_limits:
        real = os.path.realpath(forbidden)
        if not root.is_relative_to(real) and root.joinpath(*path.parts).is_relative_to(real):
            raise ToolError(OFF_LIMITS.format(path=path))


def _refuse_all_but_files(found: os.stat_result, path: WorkspacePath) -> None:
    if stat.S_ISLNK(found.st_mode):
        raise ToolError(f"{path} is a link; name the file itself")
    if stat.S_ISDIR(found.st_mode):
        raise ToolError(f"{path} is a folder, not a file")
    if not stat.S_ISREG(found.st_mode):
        raise ToolError(f"{path} is no regular file")


def _refuse_names_outside(found: os.stat_result, path: WorkspacePath) -> None:
    """A second name may be anywhere on the disk, and stand for anything there."""
    if path.outside:
        return
    left, seen = found.st_nlink, 0
    for _, folders, files, folder in os.fwalk(path.root):
        seen += len(folders) + len(files)
        for name in files:
            with suppress(FileNotFoundError):
                other = os.stat(name, dir_fd=folder, follow_symlinks=False)
                left -= (other.st_dev, other.st_ino) == (found.st_dev, found.st_ino)
        if left <= 0:
            return
        if seen > MOST_NAMES:
            break
    raise ToolError(f"{path} has another name outside the workspace (a hard link); make a copy of it first")


def _lock(folder: int, path: WorkspacePath) -> None:
    waiting, waited = threading.Event(), 0.0
    while True:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if waited >= LOCK_SECONDS:
                raise ToolError(f"{path} is held by another program; try again later") from None
        waiting.wait(0.02)
        waited += 0.02


@contextmanager
def _closing(descriptor: int) -> Iterator[int]:
    try:
        yield descriptor
    finally:
        os.close(descriptor)
