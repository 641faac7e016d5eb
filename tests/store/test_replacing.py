from pathlib import Path

from openclaw.store.replacing import coming, go_on, put_in_place
from tests.fake.killing import killed_before

NOW = 1_772_193_600_000


def made(folder: Path) -> Path:
    folder.mkdir()
    path = folder / "ledger.sqlite"
    path.write_text("old")
    path.with_name("ledger.sqlite-wal").write_text("old log")
    coming(path).write_text("new")
    return path


def test_the_old_one_is_kept_with_its_log(tmp_path: Path) -> None:
    ledger = made(tmp_path / "state")
    put_in_place(ledger, ledger.with_name("aside"))
    assert {path.name: path.read_text() for path in ledger.parent.iterdir()} == {
        "ledger.sqlite": "new",
        "aside": "old",
        "aside-wal": "old log",
    }


def test_without_one_that_comes_nothing_happens(tmp_path: Path) -> None:
    assert not go_on(tmp_path / "ledger.sqlite", NOW)


def test_whoever_is_killed_on_the_way_goes_on_at_the_next_start(tmp_path: Path) -> None:
    for step in range(1, 10):
        ledger = made(tmp_path / str(step))
        killed = killed_before(step, lambda old=ledger: put_in_place(old, old.with_name("aside")))  # type: ignore[misc]
        assert ledger.exists(), "at no time is the name free for an empty ledger"
        go_on(ledger, NOW)

        assert ledger.read_text() == "new"
        assert not ledger.with_name("ledger.sqlite-wal").exists()
        kept = [path.read_text() for path in ledger.parent.iterdir() if path != ledger]
        assert {"old", "old log"} <= set(kept)
        if not killed:
            break
    assert (step, killed) == (4, False)
