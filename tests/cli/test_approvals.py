import json
from pathlib import Path

import pytest

from tests.cli.gateway import Terminal, running


def test_questions_are_listed_and_answered(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = Terminal(capsys)
    with running(state_dir, monkeypatch) as plane:
        (row,) = json.loads(terminal.run("approvals", "list", "--json")[1])
        assert (row["id"], row["kind"]) == ("mitorake", "send")
        assert terminal.lines("approvals", "list")[0].startswith("mitorake\tpending\tmessage (send)")
        assert len(terminal.lines("approvals", "list", "--all")) == 2
        assert terminal.lines("approvals", "approve", "mitorake") == [
            "mitorake: approved, message (send): telegram:821071299"
        ]
        assert json.loads(terminal.run("approvals", "deny", "mitorake", "--json")[1])["state"] == "denied"
        assert plane.house.desk.decided == [
            ("mitorake", True, "operator:cli"),
            ("mitorake", False, "operator:cli"),
        ]
        wrong = terminal.run("approvals", "approve", "nonesuch")
    assert wrong == (1, "", "openclaw: there is no approval 'nonesuch'\n")
