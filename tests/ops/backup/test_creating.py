from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from openclaw.ops.backup import creating
from openclaw.ops.backup.archive import BackupError
from openclaw.ops.backup.contents import Item, Kind, Premises
from openclaw.ops.backup.creating import CONFIG, Wish, create, place_for
from openclaw.ops.backup.shelf import ours
from openclaw.ops.backup.verifying import LEDGER, Verified, unpack
from openclaw.sessions.lines import encode
from openclaw.types.conversation import Note
from openclaw.types.ids import new_id
from tests.fake.killing import killed_before
from tests.ops.backup.house import MINUTE, NOW, House

LATER = NOW + MINUTE


@pytest.fixture
def house(state_dir: Path) -> House:
    made = House(state_dir)
    made.answer(made.arrive("one"))
    return made


def premises(house: House, **more: object) -> Premises:
    return Premises(house.state, house.config, **more)  # type: ignore[arg-type]


def made(
    house: House, wish: Wish | None = None, *, after_copy: Callable[[], object] | None = None
) -> Verified:
    """`after_copy`: what the daemon does between the copy of the ledger and the reading of the files."""
    calls = iter([after_copy or (lambda: None)])

    def now() -> int:
        next(calls, lambda: None)()
        return NOW

    return create(premises(house), place_for(house.state / "backups", NOW), wish or Wish(), now)


def unpacked(found: Verified, into: Path) -> House:
    """What a restored house would begin with."""
    unpack(found.path, into)
    (into / LEDGER).rename(into / "state/ledger.sqlite")
    return House(into / "state")


def traces(house: House) -> list[str]:
    lines = [orjson.loads(line) for line in house.transcript.read_bytes().splitlines()]
    return [line["trace"] for line in lines if line.get("trace")]


def test_a_backup_holds_the_house_and_no_secret(house: House, tmp_path: Path) -> None:
    house.config.write_text('{ gateway: { auth: { token: "geheim" } } }')
    for name in (
        "credentials/gateway-token",
        "credentials/telegram-allowFrom.json",
        ".env",
        "odd",
        "media/a.jpg",
    ):
        (house.state / name).parent.mkdir(exist_ok=True)
        (house.state / name).write_text("geheim")
    found = made(house)

    assert set(found.manifest.files) == {
        CONFIG, LEDGER, "state/credentials/telegram-allowFrom.json", "state/media/a.jpg",
        "state/agents/main/sessions/ses_1.jsonl",
    }  # fmt: skip
    assert found.manifest.keys_left_out == ("gateway.auth.token",)
    why = [each.partition("(")[2] for each in found.manifest.left_out]
    assert sorted(why) == ["nothing we know: --with-secrets takes it)", "secret)", "secret)"]
    assert found.path.stat().st_mode & 0o777 == 0o600
    restored = unpacked(found, tmp_path / "new")
    assert restored.inbox() == {"one": "answered"}
    assert (tmp_path / "new" / CONFIG).read_text() == '{ gateway: { auth: { token: "***" } } }'


def test_with_secrets_it_holds_everything(house: House) -> None:
    (house.state / ".env").write_text("A=b")
    (house.state / "odd").write_text("x")
    (house.state / "media").mkdir()
    (house.state / "media/a").write_text("x")
    found = made(house, Wish(with_secrets=True, with_media=False))
    assert {CONFIG, "state/.env", "state/odd"} <= set(found.manifest.files)
    assert "state/media/a" not in found.manifest.files
    assert found.head.with_secrets


def test_a_turn_that_ends_behind_the_copys_back_is_still_open_in_both(house: House, tmp_path: Path) -> None:
    first, second = house.arrive("two"), house.arrive("three")
    house.answer(first)
    found = made(house, after_copy=lambda: house.answer(second, LATER))
    restored = unpacked(found, tmp_path / "new")
    assert restored.inbox() == {"one": "answered", "two": "answered", "three": "queued"}
    assert first in traces(restored)
    assert second not in traces(restored)


def test_lines_that_the_ledger_hands_over_meanwhile_are_in_one_of_both(house: House, tmp_path: Path) -> None:
    owed = house.arrive("two")
    house.answer(owed, written=False)
    with house.open() as tx:
        (lines,) = tx.execute("SELECT lines FROM echoes").fetchone()

    def hand_over() -> None:
        house.write(lines.encode())
        with house.open() as tx:
            tx.execute("DELETE FROM echoes")

    restored = unpacked(made(house, after_copy=hand_over), tmp_path / "new")
    with restored.open() as tx:
        assert tx.execute("SELECT count(*) FROM echoes").fetchone()[0] == 1, (
            "written once: their ids are known"
        )
    assert owed in traces(restored)


def test_a_note_that_was_made_later_is_left_out_and_a_torn_line_too(house: House, tmp_path: Path) -> None:
    def note() -> None:
        house.write(encode(Note(new_id("m"), LATER, "later", "house")) + b'{"torn')

    before = house.transcript.read_bytes()
    assert unpacked(made(house, after_copy=note), tmp_path / "new").transcript.read_bytes() == before


def test_a_conversation_that_is_put_aside_meanwhile_has_its_name_back(house: House, tmp_path: Path) -> None:
    aside = house.transcript.with_name("ses_1.jsonl.reset.2026-02-27T12-00-00.000Z")
    restored = unpacked(made(house, after_copy=lambda: house.transcript.rename(aside)), tmp_path / "new")
    assert restored.transcript.read_bytes() == aside.read_bytes()


def test_the_index_of_sessions_is_never_newer_than_the_ledger(house: House, tmp_path: Path) -> None:
    index = house.transcript.with_name("sessions.json")
    index.write_text("{}")
    found = made(house, after_copy=lambda: index.write_text('{"agent:main:main": {"sessionId": "ses_2"}}'))
    assert unpacked(found, tmp_path / "new").transcript.with_name("sessions.json").read_text() == "{}"


def test_workspaces_elsewhere_and_scripts_are_kept_and_strange_names_told(
    house: House, tmp_path: Path
) -> None:
    desk = tmp_path / "desk"
    desk.mkdir()
    (desk / "run.sh").write_text("#!/bin/sh")
    (desk / "run.sh").chmod(0o755)
    (desk / "back\\slash").write_text("x")
    target = tmp_path / "b.tar.gz"
    found = create(premises(house, workspaces={"aurora": desk}), target, Wish(), lambda: NOW)
    assert found.manifest.files["workspaces/aurora/run.sh"].mode == 0o700
    assert found.manifest.workspaces == {"aurora": str(desk)}
    assert found.manifest.left_out == (f"{desk}/back\\slash (its name is not one for every system)",)


def test_without_a_ledger_there_is_still_a_backup_and_of_nothing_there_is_none(tmp_path: Path) -> None:
    state, target = tmp_path / "state", tmp_path / "b.tar.gz"
    (state / "workspace").mkdir(parents=True)
    (state / "workspace/SOUL.md").write_text("kind")
    with pytest.raises(BackupError, match="there is nothing to keep yet"):
        create(Premises(state, state / "openclaw.json"), target, Wish(), lambda: NOW)
    (state / "openclaw.json").write_text("{}")
    found = create(Premises(state, state / "openclaw.json"), target, Wish(), lambda: NOW)
    assert (set(found.manifest.files), found.head.ledger_version) == ({CONFIG, "state/workspace/SOUL.md"}, 0)


def test_a_config_whose_secrets_cannot_be_told_is_left_out(house: House) -> None:
    house.config.write_text('{ gateway: { auth: { token: "geheim"')
    found = made(house)
    assert CONFIG not in found.manifest.files
    assert "its secrets cannot be told from the rest" in found.manifest.left_out[0]


def test_a_damaged_ledger_is_no_backup(house: House) -> None:
    with house.ledger.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * 8192)
    with pytest.raises(Exception, match="damaged"):
        made(house)
    assert ours(house.state / "backups") == []


def test_old_ones_go_when_a_new_one_is_whole(house: House) -> None:
    folder = house.state / "backups"
    for minute in range(4):
        create(premises(house), place_for(folder, NOW + minute * MINUTE), Wish(), lambda: NOW, keep=2)
    assert [path.name for path in ours(folder)] == [
        "openclaw-20260227T120300Z.tar.gz", "openclaw-20260227T120200Z.tar.gz",
    ]  # fmt: skip


def test_a_kill_leaves_no_half_backup_and_the_next_one_tidies_up(house: House) -> None:
    target = place_for(house.state / "backups", NOW)
    for step in (2, 3, 5, 8):
        assert killed_before(step, lambda: create(premises(house), target, Wish(), lambda: NOW))
        assert ours(target.parent) == []
    made(house)
    assert sorted(path.name for path in target.parent.iterdir()) == [".lock", target.name]


def test_a_full_disk_is_told(house: House, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BackupError, match="cannot be written"):
        create(premises(house), tmp_path / "file" / "b.tar.gz", Wish(), lambda: NOW)


def test_a_file_that_goes_meanwhile_is_told(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    fleeting = house.state / "workspace/a"
    fleeting.parent.mkdir()
    fleeting.write_text("x")
    judge = creating._reason

    def reason(item: Item, kind: Kind, wish: Wish) -> str:
        if item.path == fleeting:
            fleeting.unlink()
        return judge(item, kind, wish)

    monkeypatch.setattr(creating, "_reason", reason)
    assert any("it went while" in each for each in made(house).manifest.left_out)
