import gzip
import io
import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from openclaw.ops.backup import archive
from openclaw.ops.backup.archive import (
    FORMAT,
    HEAD,
    BackupError,
    Head,
    Manifest,
    Writer,
    head_of,
    is_harmless,
    read,
)

A_HEAD = Head("2026-02-27T12:00:00.000Z", "2026.2.0", "mini", 7, 1, with_secrets=False, with_media=True)


def packed(path: Path, fill: Callable[[tarfile.TarFile], object], head: bytes | None = None) -> Path:
    """A file as somebody else may have made it."""
    with tarfile.open(path, "w:gz") as tar:
        put(tar, HEAD, orjson.dumps(A_HEAD) if head is None else head)
        fill(tar)
    return path


def put(tar: tarfile.TarFile, name: str, data: bytes = b"x", **more: object) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    for key, value in more.items():
        setattr(info, key, value)
    tar.addfile(info, io.BytesIO(data) if info.isreg() else None)


def test_what_is_written_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "READ_AT_ONCE", 1000)
    path, big = tmp_path / "b.tar.gz", tmp_path / "big"
    big.write_bytes(b"y" * 3_000_000)
    with path.open("wb") as file:
        writer = Writer(file)
        writer.begin(A_HEAD)
        writer.add("state/a/ä file", b"hello", 0o700)
        writer.add_file("state/big", big)
        writer.end(Manifest(writer.files, ("left",), ("gateway.auth.token",), {"main": "/w"}))
    assert head_of(path) == A_HEAD
    *files, last = [(member.name, member.content.read(), member) for member in read(path)]
    assert [(name, len(data)) for name, data, _ in files] == [("state/a/ä file", 5), ("state/big", 3_000_000)]
    found = archive.manifest_of(archive.Member(last[0], len(last[1]), io.BytesIO(last[1])), path)
    assert found == Manifest(writer.files, ("left",), ("gateway.auth.token",), {"main": "/w"})
    assert found.files["state/a/ä file"].mode == 0o700


def test_a_large_file_that_shrinks_meanwhile_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "READ_AT_ONCE", 10)
    big = tmp_path / "big"
    big.write_bytes(b"y" * 3_000_000)

    class Shrinking(archive._Counted):
        def read(self, size: int = -1) -> bytes:
            os.truncate(big, 100)
            return super().read(size)

    monkeypatch.setattr(archive, "_Counted", Shrinking)
    with (
        (tmp_path / "b.tar.gz").open("wb") as file,
        pytest.raises(BackupError, match="changed while it was read"),
    ):
        Writer(file).add_file("state/big", big)


@pytest.mark.parametrize(
    "name",
    ["state/../../etc/passwd", "/etc/passwd", "state/./a", "state//a", "state", "elsewhere/a", "state/a\\b",
     "state/a\nb", "state/..", "../state/a", "state/" + "a" * 1100, "~/a", "state/\x1b[2J"],
)  # fmt: skip
def test_names_that_lead_elsewhere_are_refused(tmp_path: Path, name: str) -> None:
    assert not is_harmless(name)
    with pytest.raises(BackupError, match="is no backup of ours"):
        list(read(packed(tmp_path / "b.tar.gz", lambda tar: put(tar, name))))


@pytest.mark.parametrize(
    "kind",
    [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE],
)
def test_only_plain_files_are_taken(tmp_path: Path, kind: bytes) -> None:
    path = packed(
        tmp_path / "b.tar.gz", lambda tar: put(tar, "state/a", b"", type=kind, linkname="/etc/passwd")
    )
    with pytest.raises(BackupError, match="is no plain file"):
        list(read(path))


def test_a_name_is_taken_once(tmp_path: Path) -> None:
    def twice(tar: tarfile.TarFile) -> None:
        put(tar, "state/a")
        put(tar, "state/a")

    with pytest.raises(BackupError, match="is in it twice"):
        list(read(packed(tmp_path / "b.tar.gz", twice)))


def test_a_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "_FLOOR", 1000)
    path = packed(tmp_path / "b.tar.gz", lambda tar: put(tar, "state/a", bytes(1 << 20)))
    with pytest.raises(BackupError, match="unpack to more"):
        list(read(path))


def test_a_bomb_in_what_precedes_a_member_is_not_read(tmp_path: Path) -> None:
    path = packed(
        tmp_path / "b.tar.gz", lambda tar: put(tar, "long", b"a" * 100_000, type=tarfile.GNUTYPE_LONGNAME)
    )
    with tarfile.open(path, "w:gz", format=tarfile.PAX_FORMAT) as tar:
        put(tar, HEAD, orjson.dumps(A_HEAD))
        put(tar, "state/a", b"x", pax_headers={"comment": "y" * 100_000})
    with pytest.raises(BackupError, match="preface is too large"):
        list(read(path))


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (orjson.dumps({"format": FORMAT + 1, "program": "2099.1"}), "newer openclaw"),
        (orjson.dumps({"format": "1"}), "newer openclaw"),
        (orjson.dumps({"format": 1}), "its head lacks"),
        (b"[]", "is no backup"),
        (b"{", "is no backup"),
    ],
)
def test_a_head_that_is_not_ours_is_refused(tmp_path: Path, head: bytes, words: str) -> None:
    with pytest.raises(BackupError, match=words):
        head_of(packed(tmp_path / "b.tar.gz", lambda tar: None, head))


def test_any_other_file_is_no_backup(tmp_path: Path) -> None:
    path = tmp_path / "b.tar.gz"
    with pytest.raises(BackupError, match="openclaw backup list"):
        head_of(path)
    for data in (b"", b"no archive", gzip.compress(b"no tar" * 1000)):
        path.write_bytes(data)
        with pytest.raises(BackupError):
            head_of(path)
    with tarfile.open(path, "w:gz") as tar:
        put(tar, "state/a")
    with pytest.raises(BackupError, match="does not begin with"):
        head_of(path)
