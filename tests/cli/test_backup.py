import json
from pathlib import Path

import pytest

from openclaw.cli.backup import _size, told
from openclaw.ops.backup.restoring import Restored
from openclaw.ops.ledger.reconciling import Settled
from openclaw.ops.state_lock import StateLock
from openclaw.store import copies
from tests.cli.gateway import Terminal
from tests.ops.backup.house import NOW, House


@pytest.fixture
def house(state_dir: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setenv("OPENCLAW_STATE_DIR", str(state_dir))
    monkeypatch.setenv("HOME", str(state_dir.parent))
    monkeypatch.delenv("OPENCLAW_CONFIG_PATH", raising=False)
    made = House(state_dir)
    made.config.write_text('{ gateway: { auth: { token: "geheim" } }, backup: { keep: 1 } }')
    made.config.chmod(0o600)
    made.answer(made.arrive("one"))
    return made


@pytest.fixture
def terminal(capsys: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(capsys)


def test_one_is_made_listed_looked_at_and_put_back(house: House, terminal: Terminal) -> None:
    wrote, left_out = terminal.lines("backup", "create")
    assert wrote.endswith("3 files; read back, and whole")
    assert left_out == "not in it: gateway.auth.token"
    ((name, path),) = [
        (row["name"], row["path"]) for row in json.loads(terminal.run("backup", "list", "--json")[1])
    ]
    assert path in wrote
    assert terminal.lines("backup", "verify")[0].startswith(f"{path} is whole: 3 files")
    house.transcript.write_text("")

    lines = terminal.lines("backup", "restore", name, "--yes")

    assert len(house.transcript.read_text().splitlines()) == 3
    assert any(line.startswith("agents\t1 file, 0 B\t1 file, ") for line in lines)
    assert f"restored; what was there is kept in {house.state}/before-restore-" in "\n".join(lines)
    assert lines[-1] == "start it with: openclaw service restart, or: openclaw serve"


def test_secrets_come_along_only_when_they_are_asked_for_and_that_is_told(
    house: House, terminal: Terminal
) -> None:
    made = json.loads(terminal.run("backup", "create", "--with-secrets", "--without-media", "--json")[1])
    assert (made["withSecrets"], made["withMedia"], made["keysLeftOut"]) == (True, False, [])
    assert "in plain: keep it where nobody else reads" in terminal.run("backup", "verify", made["path"])[1]
    assert "with secrets, without media" in terminal.run("backup", "list")[1]


def test_another_place_is_not_pruned_and_not_written_over(house: House, terminal: Terminal) -> None:
    target = house.state.parent / "stick" / "mine.tar.gz"
    for _ in range(2):
        code, _, err = terminal.run("backup", "create", "--to", str(target))
    assert (code, err) == (1, f"openclaw: {target} is there already; name another file\n")


def test_a_dry_run_and_nobody_to_ask_change_nothing(house: House, terminal: Terminal) -> None:
    terminal.run("backup", "create")
    house.transcript.write_text("now")
    rows = json.loads(terminal.run("backup", "restore", "latest", "--dry-run", "--json")[1])
    assert [row["name"] for row in rows] == ["agents", "ledger.sqlite", "openclaw.json"]
    code, _, err = terminal.run("backup", "restore", "latest")
    assert code == 2
    assert "say --yes" in err
    assert house.transcript.read_text() == "now"


def test_a_running_assistant_is_not_replaced(house: House, terminal: Terminal) -> None:
    terminal.run("backup", "create")
    with StateLock(house.state):
        code, _, err = terminal.run("backup", "restore", "latest", "--yes")
    assert code == 1
    assert "stop it first" in err


def test_a_copy_of_the_ledger_is_looked_at_and_put_back_as_well(house: House, terminal: Terminal) -> None:
    copy = copies.keep(house.ledger, NOW, 1).path
    assert terminal.lines("backup", "verify", copy.name)[0].startswith(
        f"{copy} is whole: a ledger of version "
    )
    assert json.loads(terminal.run("backup", "verify", copy.name, "--json")[1])["ok"] is True
    house.arrive("two")
    done = json.loads(terminal.run("backup", "restore", str(copy), "--yes", "--json")[1])
    assert (Path(done["aside"]) / "ledger.sqlite").exists()
    assert house.inbox() == {"one": "answered", "two": "ignored"}
    copy.write_bytes(b"\xa5" * 9000)
    assert terminal.run("backup", "verify", str(copy))[0] == 1


def test_where_there_is_none_it_says_how_to_make_one(house: House, terminal: Terminal) -> None:
    assert terminal.lines("backup", "list") == ["There is none yet; make one with: openclaw backup create"]
    for command in ("verify", "restore"):
        code, _, err = terminal.run("backup", command, "latest")
        assert code == 1
        assert "openclaw backup create" in err


def test_what_the_owner_has_to_do_is_told() -> None:
    done = Restored(Path("/aside"), ("gateway.auth.token",), Settled(2, 1), ("bert",))
    lines = told(done, something_aside=True)
    assert told(done, something_aside=False)[0] == "restored"
    assert "2 of its open messages had been answered since, and are not again" in lines
    assert "set each with: openclaw config set gateway.auth.token -" in lines
    assert any("openclaw outbox list" in line for line in lines)
    assert any(line.startswith("the workspace of bert") for line in lines)


@pytest.mark.parametrize(
    ("count", "words"), [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (12_345_678, "12.3 MB")]
)
def test_sizes_are_written_for_people(count: int, words: str) -> None:
    assert _size(count) == words
