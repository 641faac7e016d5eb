import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from openclaw.ops.backup.archive import BackupError
from openclaw.ops.backup.contents import Premises
from openclaw.ops.backup.creating import Wish, create
from openclaw.ops.backup.moves import take_up
from openclaw.ops.backup.restoring import restore, restore_ledger
from openclaw.ops.backup.verifying import Verified
from openclaw.ops.state_lock import StateLock
from openclaw.store import copies
from tests.fake.killing import killed_before
from tests.ops.backup.house import MINUTE, NOW, House

LATER = NOW + 30 * MINUTE


def nowhere(text: bytes) -> dict[str, Path]:
    return {}


def premises(house: House, **more: object) -> Premises:
    return Premises(house.state, house.config, **more)  # type: ignore[arg-type]


def at_home(state: Path) -> House:
    """With a secret of each kind, a workspace, and two messages of which one waits."""
    house = House(state)
    house.config.write_text('// mine\n{ gateway: { auth: { token: "geheim" } } }\n')
    for name in ("credentials/gateway-token", "agents/main/agent/auth-profiles.json", ".env"):
        (state / name).parent.mkdir(parents=True, exist_ok=True)
        (state / name).write_text("geheim")
    (state / "workspace").mkdir()
    (state / "workspace/SOUL.md").write_text("kind")
    house.answer(house.arrive("old"))
    return house


def backed_up(house: House, wish: Wish | None = None) -> Verified:
    return create(premises(house), house.state.parent / "b.tar.gz", wish or Wish(), lambda: NOW)


@pytest.fixture
def house(state_dir: Path) -> House:
    return at_home(state_dir)


def test_all_is_as_it_was_and_nothing_is_lost(house: House) -> None:
    backup = backed_up(house)
    (house.state / "workspace/SOUL.md").write_text("unkind")
    (house.state / "workspace/new.md").write_text("new")
    (house.state / "phone").mkdir()
    (house.state / "phone/authorized-numbers.json").write_text("{}")
    house.answer(house.arrive("new", LATER), LATER)

    done = restore(backup, premises(house), nowhere, LATER)

    assert (house.state / "workspace/SOUL.md").read_text() == "kind"
    assert not (house.state / "workspace/new.md").exists()
    assert not (house.state / "phone").exists()
    assert (done.aside / "workspace/new.md").read_text() == "new"
    assert (done.aside / "phone/authorized-numbers.json").exists()
    assert len(house.transcript.read_text().splitlines()) == 3
    assert len((done.aside / "agents/main/sessions/ses_1.jsonl").read_text().splitlines()) == 5
    assert not list(house.state.glob(".restoring-*"))


def test_secrets_that_the_backup_lacks_stay(house: House) -> None:
    backup = backed_up(house)
    (house.state / "credentials/gateway-token").write_text("newer")
    done = restore(backup, premises(house), nowhere, LATER)
    assert house.config.read_text() == '// mine\n{ gateway: { auth: { token: "geheim" } } }\n'
    assert (house.state / "credentials/gateway-token").read_text() == "newer"
    assert (house.state / "agents/main/agent/auth-profiles.json").read_text() == "geheim"
    assert (house.state / ".env").read_text() == "geheim"
    assert done.missing_keys == ()


def test_on_a_new_machine_missing_secrets_are_named_and_those_of_the_backup_come_along(
    house: House, tmp_path: Path
) -> None:
    for wish, missing in ((Wish(), ("gateway.auth.token",)), (Wish(with_secrets=True), ())):
        new = tmp_path / f"new-{len(missing)}"
        there = Premises(new, new / "openclaw.json")
        assert restore(backed_up(house, wish), there, nowhere, LATER).missing_keys == missing
        assert (new / ".env").exists() is not bool(missing)
        assert House(new).inbox() == {"old": "answered"}
        (tmp_path / "b.tar.gz").unlink()


def test_nobody_is_answered_or_written_to_twice(house: House) -> None:
    waiting = house.arrive("waiting")
    backup = backed_up(house)
    house.answer(waiting, LATER)
    house.arrive("newer", LATER)
    with house.open() as tx:
        tx.execute("UPDATE outbox SET state = 'sent', provider_id = '1'")

    done = restore(backup, premises(house), nowhere, LATER)

    assert house.inbox() == {"old": "answered", "waiting": "answered", "newer": "ignored"}
    assert house.outbox() == ["sent"]
    assert done.settled.doubtful == 0


def test_of_a_present_ledger_beyond_reading_the_files_still_tell(house: House) -> None:
    waiting = house.arrive("waiting")
    backup = backed_up(house)
    house.answer(waiting, LATER)
    house.ledger.write_bytes(b"\xa5" * 9000)
    done = restore(backup, premises(house), nowhere, LATER)
    assert house.inbox() == {"old": "answered", "waiting": "answered"}
    assert (done.settled.answered, done.settled.doubtful) == (1, 1)
    assert (done.aside / "ledger.sqlite").read_bytes() == b"\xa5" * 9000


def test_a_copy_of_the_ledger_replaces_it_alone(house: House) -> None:
    copy = copies.keep(house.ledger, NOW, 1)
    house.answer(house.arrive("new", LATER), LATER)
    done = restore_ledger(copy.path, premises(house), LATER)
    assert house.inbox() == {"old": "answered", "new": "ignored"}
    assert len(house.transcript.read_text().splitlines()) == 5, "the conversations stay"
    kept = {path.name for path in done.aside.iterdir()}
    assert "ledger.sqlite" in kept
    assert all(name.startswith("ledger.sqlite") for name in kept)
    copy.path.write_bytes(b"\xa5" * 9000)
    with pytest.raises(BackupError, match="cannot be used"):
        restore_ledger(copy.path, premises(house), LATER)


def test_an_older_program_gets_its_ledger_back(house: House) -> None:
    """The copy that was taken before an upgrade has fewer tables than the ledger that it replaces."""
    old = house.state / "ledger-20260227T120000Z-v7-before-v8.sqlite"
    with closing(sqlite3.connect(house.ledger)) as source, closing(sqlite3.connect(old)) as copy:
        source.backup(copy)
        copy.executescript(
            "DROP TABLE compliance_events; DROP TABLE ledger_versions; PRAGMA user_version = 7"
        )
    restore_ledger(old, premises(house), LATER)
    assert copies.version_of(house.ledger) == 7


def test_workspaces_elsewhere_go_back_to_their_place_or_into_the_state(house: House, tmp_path: Path) -> None:
    desk, other = tmp_path / "desk", tmp_path / "other"
    for place in (desk, other):
        place.mkdir()
        (place / "SOUL.md").write_text("kind")
    backup = create(
        premises(house, workspaces={"aurora": desk, "bert": other}),
        tmp_path / "b.tar.gz",
        Wish(),
        lambda: NOW,
    )
    (desk / "SOUL.md").write_text("unkind")
    (desk / ".env").write_text("geheim")

    done = restore(backup, premises(house, workspaces={"aurora": desk}), nowhere, LATER)

    assert {path.name: path.read_text() for path in desk.iterdir()} == {"SOUL.md": "kind", ".env": "geheim"}
    (aside,) = tmp_path.glob("desk.before-restore-*")
    assert (aside / "SOUL.md").read_text() == "unkind"
    assert done.moved_workspaces == ("bert",)
    assert (house.state / "workspace-bert/SOUL.md").exists()


def test_a_workspace_behind_a_link_goes_back_behind_it_or_into_its_own_place(
    house: House, tmp_path: Path
) -> None:
    desk = tmp_path / "desk"
    (house.state / "workspace").rename(desk)
    (house.state / "workspace").symlink_to(desk)
    backup = create(premises(house, workspaces={"main": desk}), tmp_path / "b.tar.gz", Wish(), lambda: NOW)
    (desk / "SOUL.md").write_text("unkind")

    restore(backup, premises(house, workspaces={"main": desk}), nowhere, LATER)
    new = tmp_path / "new"
    restore(backup, Premises(new, new / "openclaw.json"), lambda _: {"main": new / "workspace"}, LATER)

    assert (house.state / "workspace").is_symlink()
    assert (desk / "SOUL.md").read_text() == "kind"
    assert (new / "workspace/SOUL.md").read_text() == "kind"


def test_a_copy_of_a_newer_ledger_is_refused(house: House) -> None:
    copy = copies.keep(house.ledger, NOW, 1)
    with closing(sqlite3.connect(copy.path)) as tx:
        tx.execute("PRAGMA user_version = 1000")
    with pytest.raises(BackupError, match="upgrade, then try again"):
        restore_ledger(copy.path, premises(house), LATER)


def test_a_config_that_lies_elsewhere_goes_back_there(house: House, tmp_path: Path) -> None:
    config = tmp_path / "etc" / "mine.json5"
    config.parent.mkdir()
    config.write_text("{ /* old */ }")
    there = Premises(house.state, config)
    backup = create(there, tmp_path / "b.tar.gz", Wish(), lambda: NOW)
    config.write_text("{ /* new */ }")
    restore(backup, there, nowhere, LATER)
    assert config.read_text() == "{ /* old */ }"
    (aside,) = config.parent.glob("mine.json5.before-restore-*")
    assert aside.read_text() == "{ /* new */ }"


def test_a_folder_that_is_a_disk_of_its_own_is_not_renamed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup = backed_up(house)
    stat = Path.stat

    def elsewhere(path: Path, **more: bool) -> object:
        found = stat(path, **more)
        return os.stat_result((*found[:2], 4711, *found[3:])) if path == house.state / "workspace" else found

    monkeypatch.setattr(Path, "stat", elsewhere)
    with pytest.raises(BackupError, match="is a file system of its own"):
        restore(backup, premises(house), nowhere, LATER)
    assert not (house.state / "restore.json").exists()
    assert not list(house.state.glob("before-restore-*"))


def test_a_running_house_is_not_replaced(house: House) -> None:
    backup = backed_up(house)
    with StateLock(house.state), pytest.raises(BackupError, match="stop the assistant first"):
        restore(backup, premises(house), nowhere, LATER)


def test_a_backup_that_has_changed_since_it_was_looked_at_changes_nothing(house: House) -> None:
    backup = backed_up(house)
    backup.path.write_bytes(backup.path.read_bytes()[:-2000])
    before = sorted(path.name for path in house.state.iterdir())
    with pytest.raises(BackupError):
        restore(backup, premises(house), nowhere, LATER)
    assert sorted(path.name for path in house.state.iterdir() if path.name != "daemon.lock") == before


def test_without_room_nothing_is_touched(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    backup = backed_up(house)
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 1000}))
    with pytest.raises(BackupError, match=r"it needs \d+ MB"):
        restore(backup, premises(house), nowhere, LATER)


def test_a_kill_at_any_point_leaves_the_old_house_or_the_new(tmp_path: Path) -> None:
    seen = set[str]()
    step, killed = 1, True
    while killed:
        house = at_home(tmp_path / str(step) / "state")
        backup = backed_up(house)
        (house.state / "workspace/SOUL.md").write_text("unkind")
        house.answer(house.arrive("new", LATER), LATER)
        killed = killed_before(step, lambda: restore(backup, premises(house), nowhere, LATER))  # noqa: B023 - at once
        take_up(house.state)
        soul = (house.state / "workspace/SOUL.md").read_text()
        lines = len(house.transcript.read_text().splitlines())
        assert (soul, lines, house.inbox()["new"]) in {("kind", 3, "ignored"), ("unkind", 5, "answered")}
        assert (house.state / "credentials/gateway-token").read_text() == "geheim"
        seen.add(soul)
        step += 7
    assert seen == {"kind", "unkind"}


def test_a_house_that_moves_finds_its_secrets_where_it_lives_now(house: House, tmp_path: Path) -> None:
    kept = house.state / "credentials/secrets.json"
    kept.write_text('{"bot": "geheim"}')
    refers = f'{{ channels: {{ telegram: {{ botToken: "file:{kept}#/bot" }} }} }}'
    house.config.write_text(refers)
    (house.state / "agents/main/agent/auth-profiles.json").write_text(f'{{"keyRef": "file:{kept}#/bot"}}')
    backup = backed_up(house, Wish(with_secrets=True))
    there = Premises(tmp_path / "there", tmp_path / "there/openclaw.json")

    restore(backup, there, nowhere, LATER)

    assert there.config.read_text() == refers.replace(str(house.state), str(there.state))
    profiles = (there.state / "agents/main/agent/auth-profiles.json").read_text()
    assert profiles == f'{{"keyRef": "file:{there.state}/credentials/secrets.json#/bot"}}'
    assert (there.state / "credentials/secrets.json").read_text() == '{"bot": "geheim"}'
