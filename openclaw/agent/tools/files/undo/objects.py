"""Old contents of files, each kept once under its hash. Everything here blocks."""

import hashlib
import os
import secrets
import time
from collections.abc import Container, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from openclaw.types.errors import OpenClawError


class LostObjectError(OpenClawError):
    """A content that was kept cannot be had any more, or is not what it was."""


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@dataclass(frozen=True, slots=True)
class Objects:
    folder: Path

    def keep(self, data: bytes, *, durable: bool = True) -> str:
        """The content's hash. `durable`: on the disk when this returns; else a power cut may lose it."""
        name = digest(data)
        path = self.folder / name
        if not path.exists():
            self._write(path, data, durable=durable)
        else:
            # As young as a new one, so that it is not dropped before somebody has written that it is needed.
            os.utime(path)
            if durable:
                _sync(path)
        return name

    def get(self, name: str) -> bytes:
        try:
            data = (self.folder / name).read_bytes()
        except OSError as error:
            raise LostObjectError(f"the old content {name[:12]} is gone: {error.strerror}") from error
        if digest(data) != name:
            raise LostObjectError(f"the old content {name[:12]} is damaged")
        return data

    def has(self, name: str) -> bool:
        return (self.folder / name).exists()

    def sizes(self) -> Iterator[tuple[str, int]]:
        with suppress(FileNotFoundError):
            for path in self.folder.iterdir():
                with suppress(FileNotFoundError):
                    yield path.name, path.stat().st_size

    def drop_all_but(self, wanted: Container[str], older_than: float) -> None:
        """Only of those that were kept so many seconds ago: a younger one may be needed by what is under way."""
        born = time.time() - older_than
        for name, _ in list(self.sizes()):
            path = self.folder / name
            with suppress(FileNotFoundError):
                if name not in wanted and path.stat().st_mtime <= born:
                    path.unlink()

    def _write(self, path: Path, data: bytes, *, durable: bool) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary = self.folder / f".{secrets.token_hex(8)}.tmp"
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                if durable:
                    os.fsync(descriptor)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        if durable:
            _sync(self.folder)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
