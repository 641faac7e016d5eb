import json
from pathlib import Path

import pytest

from openclaw.cli.doctor import who_answers
from openclaw.doctor.premises import Alive, Mute
from openclaw.settings.environment import process_environment
from openclaw.settings.loading import load
from tests.cli.gateway import Terminal, no_gateway, point_at, running


def test_without_a_house_all_is_well_and_none_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("OPENCLAW__TOOLS__EXEC__SECURITY", "deny")
    monkeypatch.setenv("OPENCLAW_GATEWAY_PORT", "1")

    code, out, _ = Terminal(capsys).run("doctor", "--offline")

    assert (code, out) == (0, "All is well. The assistant is not running; it starts with: openclaw serve\n")
    assert list(tmp_path.iterdir()) == []


def test_the_exit_code_tells_how_bad_it_is_and_fix_mends(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    no_gateway(state_dir, monkeypatch)
    monkeypatch.setenv("OPENCLAW__TOOLS__EXEC__SECURITY", "deny")
    (state_dir / "workspace").mkdir(mode=0o700)
    (state_dir / "workspace" / "AGENTS.md").write_text("Be kind.\n")
    (state_dir / "workspace" / "AGENTS.md").chmod(0o600)
    terminal = Terminal(capsys)
    (state_dir / "openclaw.json").chmod(0o622)

    code, out, _ = terminal.run("doctor", "--offline", "--json")
    mended, told, _ = terminal.run("doctor", "--offline", "--fix")
    again, after, _ = terminal.run("doctor", "--offline", "--fix", "--json")

    assert code == 2
    assert [each["id"] for each in json.loads(out)] == ["state.permissions"]
    assert (mended, again, json.loads(after)) == (0, 0, [])
    assert "Mended: " in told


def test_a_running_daemon_is_asked_what_only_it_knows(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(state_dir, monkeypatch):
        alive = who_answers(load(process_environment()))

    assert isinstance(alive, Alive)
    assert alive.version


def test_a_daemon_that_refuses_us_is_no_silence(state_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running(state_dir, monkeypatch) as plane:
        point_at(state_dir, plane.port, monkeypatch, token="another token")
        mute = who_answers(load(process_environment()))

    assert isinstance(mute, Mute)
    assert mute.why


def test_nobody_there_is_none(state_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    point_at(state_dir, 1, monkeypatch)

    assert who_answers(load(process_environment())) is None
    assert who_answers(None) is None
