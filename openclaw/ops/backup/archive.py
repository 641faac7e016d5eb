"""The backup's file: a compressed tar of plain files, with a head that says what it is and a list of what is in it.

`openclaw-backup.json` comes first and can be read without the rest; `manifest.json` comes last, with the size and hash
of every file before it. Whatever is not in the list, not as listed, or no plain file with a harmless name, is refused.
"""

import gzip
import hashlib
import os
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import IO, Any

import orjson

from openclaw.types.errors import OpenClawError

FORMAT = 1
HEAD, MANIFEST = "openclaw-backup.json", "manifest.json"
ROOTS = ("state", "workspaces", "config", "ledger")
MAX_HEAD, MAX_MANIFEST = 1 << 20, 1 << 28
MAX_NAME, MAX_FILES, MAX_PREFACE = 1024, 2_000_000, 1 << 16
_RATIO, _FLOOR = 200, 256 << 20
_CHUNK = 1 << 20
READ_AT_ONCE = 32 << 20
"""Bytes. The head of a larger file is written before its end is read."""


class BackupError(OpenClawError):
    """The backup cannot be made or used; the text says why. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Head:
    created_at: str
    program: str
    host: str
    ledger_version: int
    """0: there was no ledger."""
    readable_from: int
    with_secrets: bool
    with_media: bool
    format: int = FORMAT


@dataclass(frozen=True, slots=True)
class File:
    size: int
    sha256: str
    mode: int


@dataclass(frozen=True, slots=True)
class Manifest:
    files: Mapping[str, File]
    left_out: tuple[str, ...] = ()
    """Files that are not in it: secret, unknown, links."""
    keys_left_out: tuple[str, ...] = ()
    """Of the config."""
    workspaces: Mapping[str, str] = field(default_factory=dict)
    """By agent, where those outside the state directory lay."""


class Writer:
    def __init__(self, file: IO[bytes]) -> None:
        self._tar = tarfile.open(fileobj=file, mode="w:gz", compresslevel=6, format=tarfile.PAX_FORMAT)  # noqa: SIM115
        self.files: dict[str, File] = {}

    def begin(self, head: Head) -> None:
        self._put(HEAD, orjson.dumps(head, option=orjson.OPT_INDENT_2), 0o600)

    def add(self, name: str, data: bytes, mode: int = 0o600) -> None:
        self._put(name, data, mode)
        self.files[name] = File(len(data), hashlib.sha256(data).hexdigest(), mode)

    def add_file(self, name: str, path: Path, mode: int = 0o600) -> None:
        """As it is now; what is appended meanwhile is left out. Raises BackupError when a large one shrinks."""
        with path.open("rb") as source:
            size = os.fstat(source.fileno()).st_size
            if size <= READ_AT_ONCE:
                self.add(name, source.read(size), mode)
                return
            counted = _Counted(source)
            try:
                self._tar.addfile(_info(name, size, mode), counted)
            except OSError as error:
                raise BackupError(f"{path} changed while it was read: {error}") from error
        self.files[name] = File(size, counted.hash.hexdigest(), mode)

    def end(self, manifest: Manifest) -> None:
        self._put(MANIFEST, orjson.dumps(manifest), 0o600)
        self._tar.close()

    def _put(self, name: str, data: bytes, mode: int) -> None:
        self._tar.addfile(_info(name, len(data), mode), BytesIO(data))


class _Counted:
    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self.hash = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._source.read(size)
        self.hash.update(data)
        return data


def _info(name: str, size: int, mode: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, mode
    return info


# -- reading ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Member:
    name: str
    size: int
    content: IO[bytes]


class _Modest(tarfile.TarInfo):
    """Names and notes that a member brings along are read into memory before anybody can judge it."""

    def _proc_member(self, tar: tarfile.TarFile) -> tarfile.TarInfo:
        plain = self.type in (tarfile.REGTYPE, tarfile.AREGTYPE)
        if not plain and self.size > MAX_PREFACE:
            raise BackupError("it is no backup of ours: a member's preface is too large")
        return super()._proc_member(tar)  # type: ignore[misc,no-any-return]


def head_of(path: Path) -> Head:
    """Only the beginning is read. Raises BackupError."""
    with _members(path) as members:
        return _head(next(members, None), path)


def read(path: Path) -> Iterator[Member]:
    """Every file behind the head, the list last; each is to be read before the next. Raises BackupError."""
    with _members(path) as members:
        _head(next(members, None), path)
        seen = {HEAD}
        for member in members:
            if member.name in seen:
                raise BackupError(f"{path} is no backup of ours: {member.name!r} is in it twice")
            seen.add(member.name)
            if member.name != MANIFEST and not is_harmless(member.name):
                raise BackupError(f"{path} is no backup of ours: a file in it is named {member.name[:80]!r}")
            yield member


@contextmanager
def _members(path: Path) -> Iterator[Iterator[Member]]:
    with telling(path):
        try:
            file = path.open("rb")
        except FileNotFoundError:
            raise BackupError(f"there is no {path}; openclaw backup list shows what there is") from None
        except OSError as error:
            raise BackupError(f"{path} cannot be read: {error.strerror}") from error
        with file, tarfile.open(fileobj=file, mode="r|gz", tarinfo=_Modest) as tar:
            yield _plain(tar, path)


@contextmanager
def telling(path: Path) -> Iterator[None]:
    """Around whatever reads from a backup: a damaged one is a BackupError."""
    try:
        yield
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile, UnicodeError) as error:
        raise BackupError(f"{path} is damaged: {error or 'it ends too early'}") from error


def _plain(tar: tarfile.TarFile, path: Path) -> Iterator[Member]:
    most = max(_FLOOR, path.stat().st_size * _RATIO)
    total = count = 0
    for info in tar:
        count, total = count + 1, total + info.size
        if not info.isreg() or info.issparse():
            raise BackupError(f"{path} is no backup of ours: {info.name!r} is no plain file")
        if total > most or count > MAX_FILES:
            raise BackupError(f"{path} is no backup of ours: it would unpack to more than it can hold")
        content = tar.extractfile(info)
        assert content is not None
        yield Member(info.name, info.size, content)


def is_harmless(name: str) -> bool:
    """Pure. Below one of our folders, on every system."""
    parts = PurePosixPath(name).parts
    return (
        len(parts) > 1
        and len(name) <= MAX_NAME
        and parts[0] in ROOTS
        and name == "/".join(parts)
        and not {"..", "."} & set(parts)
        and "\\" not in name
        and name.isprintable()
    )


def _head(member: Member | None, path: Path) -> Head:
    if member is None or member.name != HEAD or member.size > MAX_HEAD:
        raise BackupError(f"{path} is no backup of ours: it does not begin with {HEAD}")
    data = _object(member.content.read(), path)
    if not isinstance(form := data.get("format"), int) or form > FORMAT:
        raise BackupError(
            f"{path} was made by a newer openclaw ({data.get('program')}): upgrade, then try again"
        )
    try:
        return Head(**{name: data[name] for name in Head.__dataclass_fields__})
    except (KeyError, TypeError) as error:
        raise BackupError(f"{path} is no backup of ours: its head lacks {error}") from None


def manifest_of(member: Member, path: Path) -> Manifest:
    """Raises BackupError."""
    if member.size > MAX_MANIFEST:
        raise BackupError(f"{path} is no backup of ours: its list is too long")
    data = _object(member.content.read(), path)
    try:
        files = {str(name): File(int(each["size"]), str(each["sha256"]), int(each["mode"]))
                 for name, each in data["files"].items()}  # fmt: skip
        places = {str(agent): str(place) for agent, place in data["workspaces"].items()}
        return Manifest(files, tuple(data["left_out"]), tuple(data["keys_left_out"]), places)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BackupError(f"{path} is no backup of ours: its list cannot be read ({error!r})") from None


def _object(data: bytes, path: Path) -> dict[str, Any]:
    try:
        found = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise BackupError(f"{path} is no backup of ours: {error}") from None
    if not isinstance(found, dict):
        raise BackupError(f"{path} is no backup of ours")
    return found


def chunks(content: IO[bytes]) -> Iterator[bytes]:
    while data := content.read(_CHUNK):
        yield data
