import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from openclaw.cli.logs import Wanted, added, parsed
from openclaw.cli.tables import clock
from tests.cli.gateway import Terminal

AT = "2026-11-21T09:00:00.000Z"


def line(event: str, level: str = "info", **more: Any) -> dict[str, Any]:
    return {"time": AT, "level": level, "logger": "openclaw.app", "event": event, **more}


@pytest.fixture
def log(state_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OPENCLAW_STATE_DIR", str(state_dir))
    path = state_dir / "logs" / "gateway.log"
    path.parent.mkdir()
    lines = [
        line("first"), line("second \x1b[2J", "warning", channel="sms"), line("third", "error", exception="a\nb"),
    ]  # fmt: skip
    path.write_text("".join(json.dumps(each) + "\n" for each in lines))
    return path


def test_the_end_of_the_log_is_read_without_the_assistant(
    log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = Terminal(capsys)
    assert terminal.lines("logs") == [
        f"{clock(AT)} info    first",
        f"{clock(AT)} warning second �[2J  channel=sms",
        f"{clock(AT)} error   third",
        "    a",
        "    b",
    ]
    assert terminal.lines("logs", "-n", "1", "--level", "warning", "--grep", "SMS")[0].endswith("channel=sms")
    assert (
        len(terminal.lines("logs", "--level", "warn"))
        == len(terminal.lines("logs", "--level", "warning"))
        == 4
    )
    told = json.loads(terminal.run("logs", "--json", "--level", "error")[1])
    assert [each["event"] for each in told] == ["third"]
    assert terminal.run("logs", "--grep", "nothing like it") == (0, "", "Nothing of that is in the log.\n")


def test_without_a_log_it_says_where_it_would_be(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OPENCLAW_STATE_DIR", str(state_dir))
    code, out, err = Terminal(capsys).run("logs")
    assert (code, out, err) == (0, "", f"There is no log yet ({state_dir}/logs/gateway.log).\n")
    assert json.loads(Terminal(capsys).run("logs", "--json")[1]) == []


def test_what_is_added_follows_also_when_the_log_begins_anew(log: Path) -> None:
    lines = added(log, log.stat().st_size)
    with log.open("a") as file:
        file.write(json.dumps(line("fourth")) + "\nnot ours\n" + '{"half":')
    assert [each["event"] for each in itertools.islice(lines, 2)] == ["fourth", "not ours"]
    log.write_text(json.dumps(line("anew")) + "\n")
    assert next(lines)["event"] == "anew"


def test_levels_and_words_choose() -> None:
    assert Wanted("warning", "").has(line("x", "error"))
    assert Wanted("warning", "").has(line("x", "critical"))
    assert not Wanted("warning", "").has(line("x", "info"))
    assert Wanted("error", "").has(parsed("a traceback from elsewhere"))
    assert not Wanted("debug", "salt").has(line("pepper"))
