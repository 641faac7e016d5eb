import json
from pathlib import Path

import pytest

from openclaw.cli.migrate import Progress
from tests.cli.gateway import Terminal
from tests.migrate.houses import hermes, original, tree


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Terminal:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("OPENCLAW_STATE_DIR", str(tmp_path / "ours"))
    monkeypatch.delenv("OPENCLAW_CONFIG_PATH", raising=False)
    monkeypatch.delenv("OPENCLAW_HOME", raising=False)
    original(tmp_path / "home/.openclaw")
    return Terminal(capsys)


def test_every_thing_has_a_line_and_the_end_is_summed_up(terminal: Terminal, tmp_path: Path) -> None:
    lines = terminal.lines("migrate")

    home = tmp_path / "home/.openclaw"
    assert lines[0] == f"From OpenClaw in {home} to {tmp_path / 'ours'}"
    assert "came over\tjob Morning\tcron/jobs.json\tledger.sqlite\t-" in lines
    assert lines[-3] == "6 came over, 6 adapted, 6 left where it is."
    assert lines[-2].startswith("Stop the other assistant before")
    assert "openclaw serve" in lines[-1]
    assert "openclaw dashboard" in lines[-1]


def test_a_dry_run_says_so(terminal: Terminal, tmp_path: Path) -> None:
    lines = terminal.lines("migrate", "--dry-run")

    assert lines[0].endswith("(dry run: nothing is written)")
    assert lines[-2] == "6 would come over, 6 would be adapted, 6 left where it is."
    assert not (tmp_path / "ours").exists()


def test_programs_get_one_document(terminal: Terminal, tmp_path: Path) -> None:
    found = json.loads(terminal.run("migrate", str(tmp_path / "home/.openclaw"), "--json")[1])

    assert (found["kind"], found["dryRun"], found["to"]) == ("openclaw", False, str(tmp_path / "ours"))
    assert {"outcome": "left", "what": "identity", "from": "identity", "to": "",
            "why": "this assistant has an identity of its own"} in found["lines"]  # fmt: skip


def test_several_homes_are_listed(terminal: Terminal, tmp_path: Path) -> None:
    hermes(tmp_path / "home/.hermes")

    code, out, err = terminal.run("migrate")

    assert (code, out) == (1, "")
    assert "there are several:" in err
    assert str(tmp_path / "home/.hermes") in err


def test_a_home_that_is_ours_too_is_refused_before_a_word(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENCLAW_STATE_DIR", str(tmp_path / "home/.openclaw"))
    before = tree(tmp_path)

    code, out, err = terminal.run("migrate")

    assert (code, out) == (1, "")
    assert err.count("\n") == 1
    assert "--take-over" in err
    assert tree(tmp_path) == before


def test_a_full_disk_ends_in_one_line(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "ours").mkdir(mode=0o700)
    (tmp_path / "ours/credentials").write_text("in the way")

    code, _, err = terminal.run("migrate")

    assert code == 1
    assert "run this again: it goes on where it stopped" in err


def test_progress_is_for_people_alone(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress()
    progress.more(20_000)
    progress.clear()

    assert capsys.readouterr() == ("", "")


def test_long_reading_is_seen_on_a_terminal_and_goes_away(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    progress = Progress()
    for _ in range(12):
        progress.more(500)
    progress.clear()

    assert capsys.readouterr().err == "\r5,000 lines read …\r\x1b[K"
