import json
from pathlib import Path

import pytest

from openclaw.cli.tables import clock
from tests.cli.gateway import Terminal, running
from tests.web.fake_house import NOW


def test_models_and_keys_are_listed(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = Terminal(capsys)
    with running(state_dir, monkeypatch):
        (model,) = terminal.lines("models", "list")
        rows = json.loads(terminal.run("models", "list", "--json")[1])
        _, _, limited, fresh = terminal.lines("models", "status")
        status = json.loads(terminal.run("models", "status", "--json")[1])

    assert model.split("\t") == [
        "anthropic/claude-opus-4-6",
        "opus",
        "1000000",
        "low",
        "5",
        "25",
        "yes",
        "default",
    ]
    assert rows[0]["id"] == "claude-opus-4-6"
    assert limited.split("\t")[:4] == ["anthropic:work", "anthropic", "cooling", clock(NOW + 60_000)]
    assert "rate_limit (claude-opus-4-6)" in limited
    assert fresh.split("\t") == ["anthropic:home", "anthropic", "ok", "-", "-", "-"]
    assert [profile["state"] for profile in status["profiles"]] == ["cooling", "ok"]
    assert status["profiles"][0].keys() >= {"id", "provider", "state", "until"}
