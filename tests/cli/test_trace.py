import json
from pathlib import Path
from typing import Any

import pytest

from openclaw.cli.trace import Step, draw, facts_of, steps
from tests.cli.gateway import Terminal, running
from tests.web.fake_house import FakeHouse


def test_the_last_trace_is_drawn_step_by_step(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = Terminal(capsys)
    with running(state_dir, monkeypatch):
        lines = terminal.lines("trace")
        whole = json.loads(terminal.run("trace", "t_1", "--json")[1])
        assert terminal.lines("trace", "list")[0].startswith("t_1\t")
        assert terminal.run("trace", "t_9")[0] == 1

    assert lines[2] == ("llm\t812.5 ms\tanthropic/claude-opus-4-6, 1,200 in (1,100 cached), 40 out, $0.0021")
    assert whole["id"] == "t_1"
    assert [span["name"] for span in whole["spans"]] == ["received", "llm", "tool"]


def test_bars_stand_where_their_time_was() -> None:
    when = [{"name": "a", "at": "2026-02-27T09:00:00.000Z", "ms": 1.0}]
    assert steps(when, 10) == [Step("a", 0, 10, 1.0, "")]
    spans = [{"name": "queued", "at": 100, "ms": 50.0}, {"name": "llm", "at": 150, "ms": 50.0}]
    assert steps(spans, 10) == [Step("queued", 0, 5, 50.0, ""), Step("llm", 5, 5, 50.0, "")]


def test_a_step_too_short_to_see_still_has_a_mark_inside_the_drawing() -> None:
    spans = [{"name": "llm", "at": 0, "ms": 1000.0}, {"name": "send", "at": 1000, "ms": 0.0}]
    assert steps(spans, 10)[1] == Step("send", 9, 1, 0.0, "")
    assert steps([], 10) == []


@pytest.mark.parametrize(
    ("span", "facts"),
    [
        ({"tool": "get_weather", "ok": True}, "get_weather"),
        ({"tool": "get_weather", "ok": False}, "get_weather, failed"),
        ({"model": "m", "input": 10, "output": 2, "cost": 0.5}, "m, 10 in, 2 out, $0.5000"),
        ({"decision": "stranger"}, "decision stranger"),
    ],
)
def test_facts_of_a_step(span: dict[str, Any], facts: str) -> None:
    assert facts_of({"name": "x", "at": 0, "ms": 0, **span}) == facts


async def test_for_people_the_bars_are_drawn(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    draw(dict(await FakeHouse().desk.trace("t_1")))
    shown = capsys.readouterr().out
    assert "━" in shown
    assert "812.5 ms" in shown
