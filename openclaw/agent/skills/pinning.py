"""What a skill's folder holds, as one hash: the owner vouches for exactly that. Blocks."""

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from openclaw.agent.config import SkillEntry
from openclaw.agent.skills.manifest import Skill
from openclaw.types.errors import OpenClawError

MOST_FILES = 500
MOST_BYTES = 20 << 20
MOST_DEPTH = 8
NOT_COUNTED = frozenset({".DS_Store"})
"""What a file manager writes by itself."""
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


class SkillFolderError(OpenClawError):
    """A skill's folder that nobody can vouch for; the text says why."""


@dataclass(frozen=True, slots=True)
class SkillFile:
    path: str
    """Beneath the skill's folder."""
    data: bytes
    runs: bool
    """Whether it may be run as a program."""


def files_of(folder: Path) -> Iterator[SkillFile]:
    """By path. Raises SkillFolderError for links, devices, odd names and whatever is too large."""
    paths = sorted(_walk(folder, "", 0))
    if len(paths) > MOST_FILES:
        raise SkillFolderError(f"{folder} holds more than {MOST_FILES} files")
    room = MOST_BYTES
    for path, inner in paths:
        file = _read(inner, path, room)
        room -= len(file.data)
        yield file


def digest_of(folder: Path, given: Mapping[str, bytes] | None = None) -> str:
    """SHA-256 over names and contents. `given`: files that were read already, and count as they were then."""
    whole = hashlib.sha256()
    for file in files_of(folder):
        data = (given or {}).get(file.path, file.data)
        whole.update(f"{hashlib.sha256(data).hexdigest()} {file.path}\n".encode(errors="surrogateescape"))
    return whole.hexdigest()


def is_vouched_for(skill: Skill, entry: SkillEntry) -> bool:
    """Whether its text is as good as the owner's own: it came with the package, or is pinned as a whole."""
    if skill.bundled:
        return True
    if not entry.sha256:
        return False
    try:
        return digest_of(skill.path.parent) == entry.sha256.lower()
    except (SkillFolderError, OSError):
        return False


def _walk(folder: Path, under: str, depth: int) -> Iterator[tuple[str, Path]]:
    if depth > MOST_DEPTH:
        raise SkillFolderError(f"{folder} lies more than {MOST_DEPTH} folders deep")
    with os.scandir(folder) as entries:
        for number, entry in enumerate(entries):
            if number > MOST_FILES:
                raise SkillFolderError(f"{folder} holds more than {MOST_FILES} files")
            if entry.name in NOT_COUNTED:
                continue
            name = under + entry.name
            if not entry.name.isprintable() or "\\" in entry.name:
                raise SkillFolderError(f"{name!r} is no name for a file")
            if entry.is_symlink():
                raise SkillFolderError(f"{name} is a link: a skill holds its files itself")
            if entry.is_dir(follow_symlinks=False):
                yield from _walk(Path(entry.path), f"{name}/", depth + 1)
            else:
                yield name, Path(entry.path)


def _read(path: Path, name: str, room: int) -> SkillFile:
    descriptor = os.open(path, _READ)
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise SkillFolderError(f"{name} is no plain file")
        data = file.read(room + 1)
    if len(data) > room:
        raise SkillFolderError(f"the skill is larger than {MOST_BYTES:,} bytes")
    return SkillFile(name, data, bool(found.st_mode & 0o111))
