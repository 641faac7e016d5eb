"""Brings a skill's folder beneath the owner's own. Blocks."""

import secrets
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from openclaw.agent.skills.manifest import SIZE_LIMIT, Manifest, ManifestError, parse_manifest
from openclaw.agent.skills.pinning import SkillFile, SkillFolderError, digest_of, files_of
from openclaw.agent.skills.scan import Finding, scan

LEFT_BEHIND = frozenset({".git", ".github", ".hg", ".svn", "__pycache__", "node_modules", ".venv"})


@dataclass(frozen=True, slots=True)
class Candidate:
    """A folder that could be installed. What was looked at is what will be written: it is not read again."""

    manifest: Manifest
    files: tuple[SkillFile, ...]
    findings: tuple[Finding, ...]

    @property
    def folder(self) -> str:
        return self.manifest.name.replace(" ", "-")

    @property
    def dangers(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.severity == "danger")


@dataclass(frozen=True, slots=True)
class Installed:
    path: Path
    sha256: str
    """Of the folder as it lies there now."""


def candidate(source: Path) -> Candidate:
    """Raises SkillFolderError."""
    if source.is_symlink() or not source.is_dir():
        raise SkillFolderError(f"{source} is no folder; a skill is a folder with a SKILL.md in it")
    try:
        found = tuple(file for file in files_of(source) if not _is_left_behind(file.path))
    except OSError as error:
        raise SkillFolderError(f"{source} cannot be read: {error.strerror or error}") from error
    return Candidate(_manifest(found, source), found, scan(found))


def install(chosen: Candidate, skills: Path, *, replace: bool = False) -> Installed:
    """Writes it beneath `skills`, whole or not at all. Raises SkillFolderError."""
    target = skills / chosen.folder
    if (target.exists() or target.is_symlink()) and not replace:
        raise SkillFolderError(f"{target} is there already; with --replace it is replaced")
    skills.mkdir(mode=0o700, parents=True, exist_ok=True)
    staging = skills / f".{secrets.token_hex(8)}.new"
    try:
        _write(staging, chosen.files)
        digest = digest_of(staging)
        _swap(staging, target)
    except OSError as error:
        raise SkillFolderError(f"{target} cannot be written: {error.strerror or error}") from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return Installed(target, digest)


def _manifest(files: Sequence[SkillFile], source: Path) -> Manifest:
    text = next((file.data for file in files if file.path == "SKILL.md"), None)
    if text is None:
        raise SkillFolderError(f"{source} holds no SKILL.md")
    if len(text) > SIZE_LIMIT:
        raise SkillFolderError(f"{source / 'SKILL.md'} is larger than {SIZE_LIMIT:,} bytes")
    try:
        return parse_manifest(text.decode(errors="replace"), source.resolve().name)
    except ManifestError as error:
        raise SkillFolderError(f"{source / 'SKILL.md'}: {error}") from None


def _is_left_behind(path: str) -> bool:
    return not LEFT_BEHIND.isdisjoint(path.split("/"))


def _write(folder: Path, files: Sequence[SkillFile]) -> None:
    folder.mkdir(mode=0o700)
    for file in files:
        path = folder / file.path
        for above in reversed(path.relative_to(folder).parents):
            (folder / above).mkdir(mode=0o700, exist_ok=True)
        path.touch(mode=0o700 if file.runs else 0o600)
        path.write_bytes(file.data)


def _swap(staging: Path, target: Path) -> None:
    if not target.exists() and not target.is_symlink():
        staging.rename(target)
        return
    old = target.with_name(f"{staging.name}.old")
    target.rename(old)
    try:
        staging.rename(target)
    except OSError:
        old.rename(target)
        raise
    if old.is_symlink():
        old.unlink()
    else:
        shutil.rmtree(old, ignore_errors=True)
