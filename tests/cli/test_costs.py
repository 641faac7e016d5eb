import json
from pathlib import Path

import pytest

from openclaw.cli.costs import budget_line
from openclaw.cli.tables import clock
from tests.cli.gateway import Terminal, running
from tests.web.fake_house import NOW


def test_costs_are_a_table_with_a_total_and_the_budgets(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = Terminal(capsys)
    with running(state_dir, monkeypatch):
        assert terminal.lines("costs", "--by", "model") == [
            "model\t2\t1200\t40\t1100\t$0.0021",
            "total\t2\t1200\t40\t1100\t$0.0021",
            f"budgets.perDay: $1.20 of $5.00, free again {clock(NOW)}",
            "budgets.perTurn: $0.5000",
        ]
        assert terminal.lines("costs", "--days", "1")[0] == "Nothing was spent today."
        found = json.loads(terminal.run("costs", "--json")[1])
        assert terminal.run("costs", "--by", "mood")[0] == 2

    assert found["rows"] == [
        {"key": "main", "turns": 2, "input": 1200, "output": 40, "cacheRead": 1100, "cost": 0.0021}
    ]
    assert (found["by"], found["days"], found["total"]["cost"]) == ("agent", 30, 0.0021)


def test_a_cap_that_each_has_for_itself_shows_only_its_limit() -> None:
    assert budget_line({"cap": "perSession", "limit": 2.0}) == "budgets.perSession: $2.00"
