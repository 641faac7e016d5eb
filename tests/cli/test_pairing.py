import json
from pathlib import Path

import pytest

from tests.cli.gateway import Terminal, running


def test_requests_are_listed_approved_and_rejected(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = Terminal(capsys)
    with running(state_dir, monkeypatch):
        assert json.loads(terminal.run("pairing", "list", "--json")[1])[0]["code"] == "ABCD2345"
        assert terminal.lines("pairing", "list", "telegram")[0].startswith("telegram\t821071206\tABCD2345")
        assert terminal.lines("pairing", "list", "sms") == ["Nobody waits."]
        assert terminal.lines("pairing", "approve", "telegram", "ABCD2345") == [
            "telegram 821071206 may speak now"
        ]
        assert "turned down" in terminal.lines("pairing", "reject", "telegram", "ABCD2345")[0]
        wrong = terminal.run("pairing", "approve", "telegram", "WRONG")
    assert wrong == (1, "", "openclaw: no request with the code WRONG on telegram\n")
