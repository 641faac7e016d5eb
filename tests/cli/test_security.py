import json
from pathlib import Path

import pytest

from tests.cli.gateway import Terminal, no_gateway


def test_the_audit_tells_what_stands_open_and_narrows_it(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    no_gateway(state_dir, monkeypatch)
    terminal = Terminal(capsys)
    (state_dir / "openclaw.json").chmod(0o644)

    _, out, _ = terminal.run("security", "audit", "--json")
    _, told, _ = terminal.run("security", "audit", "--fix")
    _, after, _ = terminal.run("security", "audit", "--json")

    assert "fs.config.perms_world_readable" in [each["id"] for each in json.loads(out)]
    assert "Mended: 1 file is yours alone again." in told
    assert "fs.config.perms_world_readable" not in [each["id"] for each in json.loads(after)]


def test_an_open_control_plane_is_an_error(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    no_gateway(state_dir, monkeypatch)
    monkeypatch.setenv("OPENCLAW__GATEWAY__AUTH__MODE", "none")

    code, out, _ = Terminal(capsys).run("security", "audit")

    assert code == 2
    assert "error: Every program on this machine may command the assistant" in out
    assert "[gateway.loopback_no_auth]" in out
