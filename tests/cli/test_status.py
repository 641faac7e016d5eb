import json
from pathlib import Path

import pytest

from tests.cli.gateway import Terminal, no_gateway, running


def test_status_tells_whether_a_gateway_runs(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = Terminal(capsys)
    with running(state_dir, monkeypatch):
        assert json.loads(terminal.run("status", "--json")[1])["gateway"] == "running"
        assert "model: anthropic/claude-opus-4-6" in terminal.lines("status")
    no_gateway(state_dir, monkeypatch)
    assert json.loads(terminal.run("status", "--json")[1])["gateway"] == "stopped"


def test_health_fails_when_no_gateway_runs_or_it_is_not_well(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = Terminal(capsys)
    with running(state_dir, monkeypatch) as plane:
        assert terminal.lines("health")[0] == "ok: yes"

        async def unwell() -> dict[str, object]:
            return {"ok": False, "storage": "full"}

        plane.house.desk.health = unwell  # type: ignore[method-assign]
        code, out, _ = terminal.run("health")
        assert code == 1
        assert "storage: full" in out
    no_gateway(state_dir, monkeypatch)
    assert terminal.run("health")[0] == 1
