import sys
from typing import Any

import pytest

from openclaw.cli.meanwhile import Meanwhile, of_tool, of_work


@pytest.mark.parametrize(
    ("data", "line"),
    [
        ({"name": "exec", "elapsedMs": 12_400}, "  exec · 12 s"),
        (
            {"name": "exec", "elapsedMs": 2_000, "partialResult": {"content": [{"text": "a\n b"}]}},
            "  exec · 2 s · a b",
        ),
        ({"name": "exec", "partialResult": None}, "  exec · 0 s"),
    ],
)
def test_a_tool_that_runs_for_long_is_one_line(data: dict[str, Any], line: str) -> None:
    assert of_tool(data) == line


def test_work_tells_how_far_it_is_where_that_is_known() -> None:
    work = {"title": "Summing up", "startedAt": 1_000, "ts": 15_200}
    assert of_work(work) == "Summing up · 14 s"
    assert of_work({**work, "done": 2, "total": 5, "text": "7 new"}) == "Summing up · 2 of 5 · 7 new · 14 s"


def test_on_a_terminal_the_line_is_written_over_and_taken_away(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    meanwhile = Meanwhile()
    meanwhile.say("one\x1b[2J")
    meanwhile.clear()
    meanwhile.clear()
    shown = capsys.readouterr().err
    assert "\x1b[2J" not in shown
    assert (shown.count("one"), shown.count("\r\x1b[K")) == (1, 2)


def test_into_a_pipe_nothing_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    meanwhile = Meanwhile()
    meanwhile.say("one")
    meanwhile.clear()
    assert capsys.readouterr().err == ""
