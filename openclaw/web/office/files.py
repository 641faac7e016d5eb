"""The Markdown files of an agent's workspace that its owner reads and writes."""

import hashlib
import os
import stat
from collections.abc import Mapping
from pathlib import Path

import anyio.to_thread

from openclaw.agent.bootstrap import NAMES
from openclaw.files import write_atomically
from openclaw.types.errors import OpenClawError
from openclaw.web.office.told import Json, UnknownKeyError

FILES = (*NAMES, "HEARTBEAT.md", "BOOTSTRAP.md")
LARGEST = 1 << 20


class WorkspaceDesk:
    """Only files of these names, and none that is a link: the agent works in the same folder."""

    def __init__(self, workspaces: Mapping[str, Path]) -> None:
        self._workspaces = workspaces

    async def listing(self, agent: str) -> Json:
        folder = self._folder(agent)
        rows = await anyio.to_thread.run_sync(lambda: [_row(folder / name) for name in FILES])
        return {"agentId": agent, "workspace": str(folder), "files": rows}

    async def read(self, agent: str, name: str) -> Json:
        """Raises UnknownKeyError, and OpenClawError for a file that cannot be read."""
        path = self._path(agent, name)
        row = await anyio.to_thread.run_sync(_whole, path)
        return {"agentId": agent, "workspace": str(path.parent), "file": row}

    async def write(self, agent: str, name: str, content: str, base: str | None) -> Json:
        """`base`: the hash of what it is to replace, where the writer has read it."""
        path, data = self._path(agent, name), content.encode("utf-8", "replace")
        if len(data) > LARGEST:
            raise OpenClawError(f"{name} would have {len(data):,} bytes; at most {LARGEST:,} are kept")
        await anyio.to_thread.run_sync(_replace, path, data, base)
        row = await anyio.to_thread.run_sync(_whole, path)
        return {"ok": True, "agentId": agent, "workspace": str(path.parent), "file": row}

    def _folder(self, agent: str) -> Path:
        if (folder := self._workspaces.get(agent)) is None:
            raise UnknownKeyError(
                f"there is no agent {agent[:64]!r}; these are configured: {', '.join(self._workspaces)}"
            )
        return folder

    def _path(self, agent: str, name: str) -> Path:
        if name not in FILES:
            raise UnknownKeyError(
                f"{name[:80]!r} is not one of the workspace's own files: {', '.join(FILES)}"
            )
        return self._folder(agent) / name


def _row(path: Path) -> dict[str, object]:
    row: dict[str, object] = {"name": path.name, "path": str(path), "missing": True}
    try:
        found = path.lstat()
    except OSError:
        return row
    if not stat.S_ISREG(found.st_mode):
        return row
    return row | {"missing": False, "size": found.st_size, "updatedAtMs": found.st_mtime_ns // 1_000_000}


def _whole(path: Path) -> dict[str, object]:
    row = _row(path)
    if row["missing"]:
        return row
    data = _bytes(path)
    return row | {"content": data.decode("utf-8", "replace"), "hash": hashlib.sha256(data).hexdigest()}


def _bytes(path: Path) -> bytes:
    """Raises OpenClawError. Not through a link, which the agent may have laid to a file that is not its own."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise OpenClawError(f"{path} cannot be read: {error.strerror or error}") from error
    with os.fdopen(descriptor, "rb") as file:
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise OpenClawError(f"{path} is larger than {LARGEST:,} bytes")
    return data


def _replace(path: Path, data: bytes, base: str | None) -> None:
    row = _whole(path)
    if base is not None and base != row.get("hash", ""):
        raise OpenClawError(f"{path.name} has changed meanwhile; read it again")
    if row["missing"] and os.path.lexists(path):
        raise OpenClawError(f"{path} is no plain file; nothing was written")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_atomically(path, data)
