from pathlib import Path

from openclaw.ops.backup.contents import Premises
from openclaw.ops.backup.creating import Wish, create
from openclaw.ops.backup.preview import amount, entry, preview, preview_ledger
from openclaw.store import copies
from tests.ops.backup.house import NOW, House


def test_what_is_replaced_is_shown_entry_by_entry(state_dir: Path, tmp_path: Path) -> None:
    house, desk = House(state_dir), tmp_path / "desk"
    house.answer(house.arrive("one"))
    desk.mkdir()
    (desk / "SOUL.md").write_text("kind")
    premises = Premises(house.state, house.config, {"aurora": desk})
    verified = create(premises, tmp_path / "b.tar.gz", Wish(), lambda: NOW)
    (house.state / "phone").mkdir()
    (house.state / "phone/numbers.json").write_text("{}")
    (desk / "SOUL.md").write_text("kinder")

    rows = {name: (now, then) for name, now, then in preview(verified, premises)}

    assert rows["phone"] == ((1, 2), (0, 0))
    assert rows["workspace of aurora"] == ((1, 6), (1, 4))
    assert rows["agents"] == ((1, house.transcript.stat().st_size),) * 2
    assert set(rows) == {"agents", "ledger.sqlite", "openclaw.json", "phone", "workspace of aurora"}


def test_a_copy_of_the_ledger_replaces_the_ledger_alone(state_dir: Path) -> None:
    house = House(state_dir)
    copy = copies.keep(house.ledger, NOW, 1)
    ((name, now, then),) = preview_ledger(copy.path, Premises(house.state, house.config))
    assert (name, now[0], then[0]) == ("ledger.sqlite", 1, 1)
    assert amount(house.state / "nothing") == (0, 0)


def test_a_file_belongs_to_the_entry_that_is_replaced_with_it() -> None:
    assert entry("state/agents/main/x") == "agents"
    assert entry("workspaces/main/x/y") == "workspace of main"
    assert entry("config/openclaw.json") == "openclaw.json"
