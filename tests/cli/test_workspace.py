import json
from functools import partial
from pathlib import Path

import anyio
import pytest

from tests.agent.tools.files.yard import Yard
from tests.cli.gateway import Terminal


@pytest.fixture
def yard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Yard:
    made = Yard(tmp_path)
    monkeypatch.setenv("OPENCLAW_STATE_DIR", str(made.state))
    monkeypatch.delenv("OPENCLAW_CONFIG_PATH", raising=False)
    config = made.state / "openclaw.json"
    config.write_text(json.dumps({"agents": {"list": [{"id": "main", "default": True}, {"id": "aurora"}]}}))
    config.chmod(0o600)
    return made


def write(yard: Yard, name: str, content: str) -> None:
    anyio.run(partial(yard.use, "write", path=name, content=content))


def test_the_last_changes_are_shown_and_taken_back(yard: Yard, capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal(capsys)
    yard.put("a.txt", "before\n")
    write(yard, "a.txt", "after")

    assert terminal.lines("workspace", "undo", "--dry-run")[0] == "1 of 1 changed file would be taken back."
    assert terminal.lines("workspace", "undo", "--agent", "aurora")[0].startswith("There is nothing to undo")
    found = json.loads(terminal.run("workspace", "undo", "--json")[1])

    assert (found["run"], found["session"]) == ("run_1", "agent:main:main")
    assert found["files"] == [{"path": "a.txt", "outcome": "restored", "detail": ""}]
    assert yard.tree() == {"a.txt": "before\n"}
    assert json.loads(terminal.run("workspace", "undo", "--json")[1]) == {"files": []}


def test_a_conflict_is_a_failure_until_it_is_forced(yard: Yard, capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal(capsys)
    write(yard, "a.txt", "assistant's")
    yard.put("a.txt", "owner's\n")

    assert terminal.run("workspace", "undo")[0] == 1
    assert yard.tree() == {"a.txt": "owner's\n"}
    assert terminal.run("workspace", "undo", "--force")[0] == 0
    assert yard.tree() == {}


def test_an_unknown_agent_is_answered_with_those_there_are(
    yard: Yard, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = Terminal(capsys).run("workspace", "undo", "--agent", "borealis")

    assert code == 1
    assert err == "openclaw: there is no agent 'borealis'; there is main, aurora\n"
