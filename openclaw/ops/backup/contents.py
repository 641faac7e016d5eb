"""What of a state directory belongs into a backup, and what of it is secret. The names are decided purely."""

import os
import re
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Literal

Kind = Literal["kept", "secret", "media", "derived", "unknown"]

KEPT = frozenset({"agents", "credentials", "phone", "skills", "streams", "undo", "vault", "workspace"})
_DERIVED = re.compile(
    r"(logs|backups|memory|daemon\.lock|openclaw\.last-good\.json|restore\.json|before-restore-.*|\.restoring-.*"
    r"|ledger\.sqlite.*|\.ledger\.sqlite.*)(/.*)?"
)
"""Made anew, told elsewhere, or a trace of our own work."""
_TEMPORARY = re.compile(r"\..*\.(tmp|partial)")
_ENV = re.compile(r"\.env(\..*)?")
_LISTS = re.compile(r"credentials/[^/]+-(pairing|allowFrom)\.json")


@dataclass(frozen=True, slots=True)
class Premises:
    """Where everything lies."""

    state: Path
    config: Path
    workspaces: Mapping[str, Path] = field(default_factory=dict)
    """By agent, those outside the state directory."""
    secrets: frozenset[Path] = frozenset()
    """Files that the config names as holding a secret."""

    @property
    def ledger(self) -> Path:
        return self.state / "ledger.sqlite"


@dataclass(frozen=True, slots=True)
class Item:
    name: str
    """In the archive."""
    path: Path


def kind_of(name: str) -> Kind:
    """Pure. Of a file by its path below the state directory; what is not known may hold anything."""
    path = PurePosixPath(name)
    top = path.parts[0]
    if _DERIVED.fullmatch(name) or any(_TEMPORARY.fullmatch(part) for part in path.parts):
        return "derived"
    if _ENV.fullmatch(path.name) or top == "devices":
        return "secret"
    if top == "credentials" and not _LISTS.fullmatch(name):
        return "secret"
    if top == "agents" and path.parts[2:3] == ("agent",):
        return "secret"
    if top == "media":
        return "media"
    return "kept" if top in KEPT or top.startswith("workspace-") else "unknown"


def workspace_kind(name: str) -> Kind:
    """Pure. The same for a file of a workspace that lies elsewhere."""
    path = PurePosixPath(name)
    if any(_TEMPORARY.fullmatch(part) for part in path.parts):
        return "derived"
    return "secret" if _ENV.fullmatch(path.name) else "kept"


def walk(premises: Premises) -> Iterator[tuple[Item, Kind]]:
    """Every file, in a fixed order; what is no plain file is passed over."""
    for relative, path in _files(premises.state):
        if path != premises.config:
            kind = "secret" if path in premises.secrets else kind_of(relative)
            yield Item(f"state/{relative}", path), kind
    for agent, folder in sorted(premises.workspaces.items()):
        for relative, path in _files(folder):
            kind = "secret" if path in premises.secrets else workspace_kind(relative)
            yield Item(f"workspaces/{agent}/{relative}", path), kind


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    for place, folders, files in os.walk(folder):
        folders.sort()
        here = Path(place)
        if here == folder:
            folders[:] = [name for name in folders if kind_of(name) != "derived"]
        for name in sorted(files):
            path = here / name
            if _is_plain(path):
                yield path.relative_to(folder).as_posix(), path


def _is_plain(path: Path) -> bool:
    with suppress(FileNotFoundError):  # it went since its folder was read
        return stat.S_ISREG(path.lstat().st_mode)
    return False


def links(premises: Premises) -> list[str]:
    """A link is not followed: what it points to is somebody else's, and a restored one could point anywhere."""
    found = []
    for folder in (premises.state, *premises.workspaces.values()):
        for place, folders, files in os.walk(folder):
            found += [
                str(Path(place) / name) for name in (*folders, *files) if Path(place, name).is_symlink()
            ]
    return sorted(found)
