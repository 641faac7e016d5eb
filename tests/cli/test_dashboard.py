import json
from pathlib import Path

import anyio
import pytest

from tests.cli.gateway import Terminal, no_gateway, running


def test_it_prints_a_link_and_lists_and_signs_out_browsers(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = Terminal(capsys)
    with running(state_dir, monkeypatch) as plane:
        (url,) = terminal.lines("dashboard")
        assert url.startswith(f"http://127.0.0.1:{plane.port}/#code=")
        offered = json.loads(terminal.run("dashboard", "--json")[1])
        assert offered["url"] != url
        assert terminal.lines("dashboard", "--list") == ["No browser is signed in."]
        assert anyio.run(plane.house.logins.redeem, url.partition("=")[2], "Firefox") is not None
        assert terminal.lines("dashboard", "--list")[0].split("\t")[:2] == ["web_1", "Firefox"]
        assert terminal.run("dashboard", "--revoke", "--browser", "web_9")[0] == 1
        assert terminal.lines("dashboard", "--revoke", "--browser", "web_1") == ["1 signed out"]
        assert json.loads(terminal.run("dashboard", "--revoke", "--json")[1]) == {"ok": True, "revoked": 0}


def test_without_a_gateway_there_is_no_link_but_browsers_can_be_signed_out(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = Terminal(capsys)
    no_gateway(state_dir, monkeypatch)

    code, out, err = terminal.run("dashboard")

    assert (code, out) == (1, "")
    assert "openclaw serve" in err
    assert terminal.lines("dashboard", "--revoke") == ["0 signed out"]
    assert terminal.run("dashboard", "--list", "--revoke")[0] == 2
    assert terminal.run("dashboard", "--browser", "web_1")[0] == 2
