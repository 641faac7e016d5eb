import json
from pathlib import Path

import pytest

from tests.cli.gateway import Terminal, no_gateway, nothing, running, weather


@pytest.fixture
def terminal(capsys: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(capsys)


def test_the_answer_is_written_and_the_tool_call_told_beside_it(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch, terminal: Terminal
) -> None:
    with running(state_dir, monkeypatch) as plane:
        plane.house.desk.reply = weather
        code, out, err = terminal.run("chat", "What's the weather?", "--session", "telegram:821071206")

    assert (code, out) == (0, "It is 22 °C.\n")
    assert err == '· get_weather {"location": "Sydney"}\n'
    question = plane.house.desk.questions[0]
    assert (question.message, question.session_key, question.client) == (
        "What's the weather?",
        "telegram:821071206",
        "cli",
    )


def test_for_programs_there_is_one_object(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch, terminal: Terminal
) -> None:
    with running(state_dir, monkeypatch) as plane:
        plane.house.desk.reply = weather
        _, out, err = terminal.run("chat", "hello", "--json")
    assert json.loads(out) | {"runId": "r", "usage": {}} == {
        "runId": "r",
        "sessionKey": "agent:main:main",
        "status": "ok",
        "text": "It is 22 °C.",
        "usage": {},
    }
    assert err == ""


def test_a_run_that_fails_is_one_line_and_exit_code_one(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch, terminal: Terminal
) -> None:
    with running(state_dir, monkeypatch) as plane:
        plane.house.desk.reply = nothing
        answer = terminal.run("chat", "hello")
        asked = terminal.run("agent", "--message", "hello")
    assert answer == (1, "", "openclaw: no model answers; see openclaw status\n")
    assert asked == answer


def test_without_a_gateway_chat_says_how_to_start_one(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch, terminal: Terminal
) -> None:
    no_gateway(state_dir, monkeypatch)
    code, _, err = terminal.run("chat", "hello")
    assert code == 1
    assert (
        err
        == "openclaw: no gateway answers on 127.0.0.1:1; start it with: openclaw serve, or add --offline\n"
    )


def test_offline_the_house_is_opened_here(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch, terminal: Terminal
) -> None:
    no_gateway(state_dir, monkeypatch).desk.reply = weather
    code, out, err = terminal.run("chat", "hello", "--offline")
    assert (code, out) == (0, "It is 22 °C.\n")
    assert "get_weather" in err


def test_offline_a_failure_is_one_line_too(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch, terminal: Terminal
) -> None:
    house = no_gateway(state_dir, monkeypatch)
    house.desk.reply = nothing
    for words in (("chat", "hello", "--offline"), ("agent", "-m", "hello")):
        assert terminal.run(*words) == (1, "", "openclaw: no model answers; see openclaw status\n")


def test_without_a_message_the_conversation_goes_on_until_the_end_of_input(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch, terminal: Terminal
) -> None:
    typed = iter(["hello", "", "and tomorrow?"])

    def prompt(_: str) -> str:
        try:
            return next(typed)
        except StopIteration:
            raise EOFError from None

    monkeypatch.setattr("click.termui.visible_prompt_func", prompt)
    with running(state_dir, monkeypatch) as plane:
        plane.house.desk.reply = weather
        code, out, _ = terminal.run("chat")

    assert code == 0
    assert out.count("It is 22 °C.") == 2
    assert [question.message for question in plane.house.desk.questions] == ["hello", "and tomorrow?"]


def test_agent_asks_once_and_prints_the_answer(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch, terminal: Terminal
) -> None:
    with running(state_dir, monkeypatch) as plane:
        plane.house.desk.reply = weather
        assert terminal.lines("agent", "-m", "hello", "--agent", "aurora") == ["It is 22 °C."]
        _, out, _ = terminal.run("agent", "-m", "hello", "--json")
    assert plane.house.desk.questions[0].agent == "aurora"
    assert json.loads(out)["result"]["payloads"][0]["text"] == "It is 22 °C."


def test_an_empty_message_is_wrong_use(terminal: Terminal) -> None:
    assert terminal.run("chat", " ")[0] == 2
    assert terminal.run("agent")[0] == 2
