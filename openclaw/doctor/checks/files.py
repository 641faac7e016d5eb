"""Files and folders of the state directory: whose they are, who else may read them, and where they lie."""

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from openclaw.doctor.finding import Finding, Narrow
from openclaw.doctor.premises import Premises
from openclaw.doctor.references import references, secret_file

MOST = 200_000
"""Entries that are looked at."""
SHOWN = 3
SYNCED = {
    "Dropbox": "Dropbox",
    "OneDrive": "OneDrive",
    "Google Drive": "Google Drive",
    "GoogleDrive": "Google Drive",
    "Mobile Documents": "iCloud",
    "iCloud Drive": "iCloud",
    "Nextcloud": "Nextcloud",
    "Syncthing": "Syncthing",
    "pCloudDrive": "pCloud",
}
"""By the name of a folder above the state directory."""


@dataclass(slots=True)
class Survey:
    """What a walk through the state directory brought."""

    open: list[Path] = field(default_factory=list)
    """Others may read or write them."""
    writable: list[Path] = field(default_factory=list)
    foreign: list[Path] = field(default_factory=list)
    """They belong to another user."""
    links: list[Path] = field(default_factory=list)


def surveyed(state: Path, workspaces: Sequence[Path], uid: int) -> Survey:
    """What is inside a workspace is the assistant's to arrange: only its own folder counts."""
    found, left = Survey(), MOST
    inside = {workspace.absolute() for workspace in workspaces}
    _note(found, state, os.lstat(state), uid)
    folders = [state]
    while folders and left > 0:
        folder = folders.pop()
        try:
            entries = list(os.scandir(folder))
        except PermissionError:
            found.foreign.append(folder)
            continue
        left -= len(entries)
        for entry in entries:
            # What is gone already was a temporary file of a running daemon.
            with suppress(FileNotFoundError):
                path, status = Path(entry.path), entry.stat(follow_symlinks=False)
                _note(found, path, status, uid)
                if stat.S_ISDIR(status.st_mode) and path not in inside:
                    folders.append(path)
    return found


def _note(found: Survey, path: Path, status: os.stat_result, uid: int) -> None:
    if stat.S_ISLNK(status.st_mode):
        found.links.append(path)
        return
    if stat.S_IMODE(status.st_mode) & 0o077:
        found.open.append(path)
    if stat.S_IMODE(status.st_mode) & 0o022:
        found.writable.append(path)
    if status.st_uid != uid:
        found.foreign.append(path)


def files(premises: Premises) -> Iterator[Finding]:
    state = premises.paths.state
    if not state.is_symlink() and not state.is_dir():
        return
    if state.is_symlink():
        yield Finding(
            "state.symlink",
            "error",
            f"{state} is only a link to another folder.",
            "Whoever can change the link decides what the assistant reads; it does not start like this.",
            "Set OPENCLAW_STATE_DIR to the real folder, or move that folder here.",
        )
        return
    survey = surveyed(state, [agent.workspace for agent in premises.agents()], _owner(premises))
    yield from _permissions(survey, state)
    config = premises.paths.config
    if not config.is_relative_to(state) and config.exists() and config.stat().st_mode & 0o077:
        yield _open([config], [])
    yield from _secret_files(premises)
    yield from _places(survey, state)


def _owner(premises: Premises) -> int:
    """Of the state directory; as root we look at the house of whoever owns it."""
    return premises.paths.state.stat().st_uid if premises.machine.uid == 0 else premises.machine.uid


def _permissions(survey: Survey, state: Path) -> Iterator[Finding]:
    if survey.open:
        yield _open(survey.open, survey.writable)
    if survey.foreign:
        yield Finding(
            "state.ownership",
            "error",
            f"{_some(survey.foreign)} {_belongs(survey.foreign)} to another user.",
            "The assistant may be unable to read or change them. It often comes from a start with sudo.",
            f"sudo chown -R $(id -un) {state}",
        )


def _open(paths: Sequence[Path], writable: Sequence[Path]) -> Finding:
    may = "change" if writable else "read"
    return Finding(
        "state.permissions",
        "error" if writable else "warn",
        f"Other users of this machine may {may} {_some(writable or paths)}.",
        "There are your conversations and keys; they are meant for you alone.",
        "openclaw doctor --fix",
        Narrow(tuple(paths)),
    )


def _secret_files(premises: Premises) -> Iterator[Finding]:
    """Those that the config names, outside the state directory."""
    if premises.loaded is None:
        return
    for key, reference in references(premises.settings):
        path = secret_file(reference, premises.environ)
        if path is None or path.is_relative_to(premises.paths.state) or not path.is_file():
            continue
        if path.stat().st_mode & 0o077:
            yield Finding(
                "secrets.permissions",
                "warn",
                f"Other users of this machine may read {path}, which holds the secret of {key}.",
                "A secret that others can read is none.",
                f"chmod 600 {path}",
                Narrow((path,)),
            )


def _places(survey: Survey, state: Path) -> Iterator[Finding]:
    if survey.links:
        yield Finding(
            "state.links",
            "warn",
            f"{_some(survey.links)} in the state directory lead{'s' if len(survey.links) == 1 else ''} elsewhere.",
            "Behind a link may lie a file that somebody else can change; the assistant writes no file by one.",
            "Put the file itself there.",
        )
    if service := synced_by(state):
        yield Finding(
            "state.synced",
            "warn",
            f"The state directory lies in a folder that {service} copies to other machines.",
            "Such programs change files under the assistant's hands, and carry your keys away.",
            f"Stop the assistant, move {state} to your home folder, and set OPENCLAW_STATE_DIR if it has another name.",
        )


def synced_by(state: Path) -> str | None:
    """Pure. Whose folder it lies in."""
    return next((SYNCED[part] for part in state.parts if part in SYNCED), None)


def _some(paths: Sequence[Path]) -> str:
    names = ", ".join(str(path) for path in paths[:SHOWN])
    return names if len(paths) <= SHOWN else f"{len(paths):,} files and folders ({names} …)"


def _belongs(paths: Sequence[Path]) -> str:
    return "belongs" if len(paths) == 1 else "belong"
