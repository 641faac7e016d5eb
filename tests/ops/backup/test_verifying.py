import gzip
import io
import tarfile
from pathlib import Path

import orjson
import pytest

from openclaw.ops.backup.archive import HEAD, MANIFEST, BackupError, Head
from openclaw.ops.backup.contents import Premises
from openclaw.ops.backup.creating import Wish, create
from openclaw.ops.backup.verifying import LEDGER, refuse_newer, unpack, unreadable_lines, verify
from tests.ops.backup.house import NOW, House


@pytest.fixture
def backup(state_dir: Path, tmp_path: Path) -> Path:
    house = House(state_dir)
    house.answer(house.arrive("one"))
    house.write(b"no json\n")
    return create(Premises(house.state, house.config), tmp_path / "b.tar.gz", Wish(), lambda: NOW).path


def members(path: Path) -> dict[str, bytes]:
    with tarfile.open(path) as tar:
        return {info.name: tar.extractfile(info).read() for info in tar}  # type: ignore[union-attr]


def rewritten(path: Path, files: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


def test_a_whole_one_says_what_is_in_it(backup: Path) -> None:
    found = verify(backup)
    assert (found.unreadable, len(found.manifest.files)) == (1, 3)
    assert found.size == sum(
        len(data) for name, data in members(backup).items() if name not in (HEAD, MANIFEST)
    )
    assert not list(backup.parent.glob(".looking-*"))


@pytest.mark.parametrize("cut", [0.1, 0.5, 0.9])
def test_one_that_ends_too_early_is_damaged(backup: Path, cut: float) -> None:
    data = backup.read_bytes()
    backup.write_bytes(data[: int(len(data) * cut)])
    with pytest.raises(BackupError):
        verify(backup)


def test_a_turned_bit_is_found(backup: Path) -> None:
    data = bytearray(backup.read_bytes())
    data[len(data) // 2] ^= 0x10
    backup.write_bytes(data)
    with pytest.raises(BackupError):
        verify(backup)


@pytest.mark.parametrize("change", ["other", "missing", "more"])
def test_what_is_not_as_the_list_says_is_refused(backup: Path, change: str) -> None:
    files = members(backup)
    name = "state/agents/main/sessions/ses_1.jsonl"
    if change == "other":
        files[name] = files[name].replace(b"hello", b"hallo")
    elif change == "missing":
        del files[name]
    else:
        files = {
            **{key: files[key] for key in files if key != MANIFEST},
            "state/x": b"",
            MANIFEST: files[MANIFEST],
        }
    with pytest.raises(BackupError, match=r"(ses_1.jsonl|state/x) is not as its list says"):
        verify(rewritten(backup, files))


def test_nothing_may_follow_the_list_and_the_list_must_be_there(backup: Path) -> None:
    files = members(backup)
    with pytest.raises(BackupError, match="follows its list"):
        verify(rewritten(backup, {**files, "state/late": b""}))
    with pytest.raises(BackupError, match="ends too early"):
        verify(rewritten(backup, {name: data for name, data in files.items() if name != MANIFEST}))


def test_a_ledger_that_is_not_what_the_head_says_is_refused(backup: Path) -> None:
    files = members(backup)
    head = orjson.loads(files[HEAD])
    with pytest.raises(BackupError, match="another version"):
        verify(rewritten(backup, {**files, HEAD: orjson.dumps({**head, "ledger_version": 3})}))


def test_a_ledger_of_a_newer_program_is_refused_unless_it_only_adds() -> None:
    newer = Head("", "2099.1", "", 1000, 900, with_secrets=False, with_media=True)
    with pytest.raises(BackupError, match="upgrade, then try again"):
        refuse_newer(newer, Path("b"))
    refuse_newer(Head("", "2099.1", "", 1000, 1, with_secrets=False, with_media=True), Path("b"))


def test_unpacked_files_are_for_their_owner_alone(backup: Path, tmp_path: Path) -> None:
    unpack(backup, tmp_path / "new")
    assert len(list((tmp_path / "new").rglob("*"))) > 6
    for path in (tmp_path / "new").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0
    assert (tmp_path / "new" / LEDGER).exists()


def test_a_folder_that_is_in_use_is_not_written_into(backup: Path, tmp_path: Path) -> None:
    unpack(backup, tmp_path / "new")
    with pytest.raises(BackupError, match="cannot be unpacked: File exists"):
        unpack(backup, tmp_path / "new")


def test_lines_are_counted_that_no_conversation_can_hold() -> None:
    assert unreadable_lines(b'{"type":"session"}\n{"torn') == 1
    assert unreadable_lines(gzip.compress(b"x")) >= 1
    assert unreadable_lines(b"") == 0
