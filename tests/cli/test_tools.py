import json
from pathlib import Path

import pytest

from openclaw.gateway.tool_survey import Asked
from tests.cli.gateway import Terminal, no_gateway, running


def test_every_tool_is_listed_with_the_rule_that_decides(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = Terminal(capsys)
    with running(state_dir, monkeypatch):
        lines = terminal.lines("tools", "list")
        rows = json.loads(terminal.run("tools", "list", "--json", "--sender", "telegram:821071207")[1])

    assert [line.split("\t") for line in lines] == [
        ["exec", "openclaw", "R3", "no", 'tools.deny: "exec"'],
        ["get_weather", "weather", "R0", "yes", "profile full of the owner"],
    ]
    assert [row["name"] for row in rows] == ["exec", "get_weather"]


def test_a_tool_is_explained_for_whom_it_is_asked(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    house = no_gateway(state_dir, monkeypatch)
    terminal = Terminal(capsys)
    whom = ["--agent", "aurora", "--channel", "telegram", "--sender", "821071207", "--role", "stranger"]

    lines = terminal.lines("tools", "explain", "exec", *whom)

    assert lines == [
        "exec: denied for owner telegram:821071207, agent aurora",
        'decided by: tools.deny: "exec"',
    ]
    assert house.desk.explained == [
        ("exec", Asked("aurora", "telegram", sender="821071207", role="stranger")),
    ]
    found = json.loads(terminal.run("tools", "explain", "get_weather", "--json")[1])
    assert (found["allowed"], found["exists"], found["rule"]) == (True, True, "profile full of the owner")
    assert terminal.lines("tools", "explain", "get_weather")[0] == (
        "get_weather: allowed for the owner on webchat, agent main"
    )


def test_a_tool_that_nobody_knows_is_a_failure(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    no_gateway(state_dir, monkeypatch)

    code, _, err = Terminal(capsys).run("tools", "explain", "xyzzy")

    assert (code, err) == (1, "openclaw: there is no tool 'xyzzy'; look with: openclaw tools list\n")
