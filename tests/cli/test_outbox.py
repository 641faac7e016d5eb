import json
from pathlib import Path

import pytest

from tests.cli.gateway import Terminal, running


def test_what_may_have_arrived_is_listed_and_settled(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = Terminal(capsys)
    with running(state_dir, monkeypatch) as plane:
        rows = json.loads(terminal.run("outbox", "list", "--state", "ambiguous", "--json")[1])
        assert terminal.lines("outbox", "list", "--state", "failed") == ["Nothing is in the outbox."]
        assert terminal.lines("outbox", "resend", "out_1") == ["out_1: queued"]
        assert terminal.lines("outbox", "drop", "out_1") == ["out_1: dropped"]
        assert terminal.run("outbox", "drop", "out_7")[0] == 1
    assert rows[0]["id"] == "out_1"
    assert plane.house.desk.settled == [("out_1", "resend"), ("out_1", "drop")]
