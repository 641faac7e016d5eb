import io
import json
import sys
from pathlib import Path

import pytest

from openclaw.cli.onboarding import farewell
from openclaw.ops.supervisor import install as installing
from openclaw.ops.supervisor.programs import ServiceError
from tests.cli.gateway import Terminal, no_gateway, nothing, weather
from tests.cli.onboarding.scripted import OWNER
from tests.migrate import houses
from tests.ops.supervisor.place import Place

PLAIN = ("onboard", "--non-interactive", "--no-check")


@pytest.fixture
def terminal(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Terminal:
    no_gateway(state_dir, monkeypatch).desk.reply = weather
    return Terminal(capsys)


def test_every_question_is_an_option_too(terminal: Terminal, state_dir: Path) -> None:
    notes = state_dir / "notes"
    shown = terminal.lines(
        *PLAIN, "--model-key", "sk-ant-0123456789abcdef",
        "--name", "Ana", "--telegram-token", "123456789:" + "A" * 35, "--telegram-owner", OWNER,
        "--workspace", str(notes), "--no-boot",
    )  # fmt: skip
    config = (state_dir / "openclaw.json").read_text()
    assert "It is 22 °C." in shown
    assert shown[-3:] == [
        "  start it       openclaw serve",
        "  talk to it     openclaw chat",
        "  see how it is  openclaw status",
    ]
    assert json.loads(config)["channels"]["telegram"]["allowFrom"] == [OWNER]
    assert "sk-ant-0123456789abcdef" not in config
    assert "- Name: Ana" in (notes / "USER.md").read_text()


def test_an_answer_that_does_not_come_is_told_and_what_was_written_stays(
    terminal: Terminal, state_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_gateway(state_dir, monkeypatch).desk.reply = nothing
    code, out, _ = terminal.run(*PLAIN, "--name", "Ana")
    assert code == 1
    assert "✗ No answer came: no model answers; see openclaw status" in out
    assert "- Name: Ana" in (state_dir / "workspace" / "USER.md").read_text()


def test_a_key_that_is_refused_changes_nothing(terminal: Terminal, state_dir: Path) -> None:
    before = sorted(state_dir.iterdir())
    code, _, err = terminal.run("onboard", "--non-interactive", "--no-check", "--model-key", "AIza")
    assert (code, err.count("\n")) == (1, 1)
    assert err.endswith("Nothing was changed.\n")
    assert terminal.run(*PLAIN, "--workspace", "here")[0] == 2
    assert sorted(state_dir.iterdir()) == before


def test_a_home_of_the_original_is_left_as_it_is(terminal: Terminal, state_dir: Path) -> None:
    houses.original(state_dir)
    before = houses.tree(state_dir)
    code, _, err = terminal.run(*PLAIN, "--name", "Ana")
    assert code == 78
    assert "openclaw migrate --take-over" in err
    assert houses.tree(state_dir) == before


def test_who_ends_the_input_breaks_off(
    terminal: Terminal, state_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = sorted(state_dir.iterdir())
    monkeypatch.setattr(sys, "stdin", io.StringIO("\nAna\n"))
    code, out, err = terminal.run("onboard", "--no-check")
    assert (code, err) == (130, "\nNothing was changed.\n")
    assert "3 of 5" in out
    assert sorted(state_dir.iterdir()) == before


def test_who_breaks_off_the_first_message_hears_that_all_is_set_up(
    terminal: Terminal, state_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_off(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(farewell, "meet", break_off)
    code, _, err = terminal.run(*PLAIN, "--name", "Ana")
    assert (code, err.strip()) == (130, "Everything is set up; only the first message was broken off.")
    assert "- Name: Ana" in (state_dir / "workspace" / "USER.md").read_text()


def test_only_what_was_not_given_is_asked(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n\n\n"))
    shown = terminal.lines("onboard", "--no-check", "--no-hello", "--name", "Ana", "--model-key", "offline")
    assert [line.partition("  ")[0] for line in shown if " of 3" in line] == ["1 of 3", "2 of 3", "3 of 3"]
    assert "It is 22 °C." not in shown


def test_the_service_is_installed_where_it_was_asked_for(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    called = []

    def refuse(*_: object, **__: object) -> None:
        called.append("install")
        raise ServiceError("no service is installed: there is no systemd")

    monkeypatch.setattr(installing, "install", refuse)
    assert "  ✗ The service: no service is installed: there is no systemd" in terminal.lines(*PLAIN, "--boot")
    terminal.lines(*PLAIN, "--no-boot")
    terminal.lines(*PLAIN)
    assert called == ["install"]


def test_a_service_comes_with_what_it_needs_and_goes_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    place, terminal = Place(tmp_path), Terminal(capsys)
    no_gateway(place.state, monkeypatch).desk.reply = weather
    for name in ("SUDO_USER", "XDG_CONFIG_HOME", "OPENCLAW_STATE_DIR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {**place.environ, "ANTHROPIC_API_KEY": "sk-ant-0123456789abcdef"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "argv", [str(place.program)])
    monkeypatch.setattr(farewell, "START_SECONDS", 0.0)

    shown = "\n".join(terminal.lines(*PLAIN, "--boot"))

    assert str(place.unit) in shown
    assert "does not answer yet" in shown
    assert "openclaw serve" not in shown.replace("openclaw service", "")
    assert place.known()["active"] is True
    # The service does not have this shell's variables.
    secrets = json.loads((place.state / "credentials" / "secrets.json").read_text())
    assert list(secrets.values()) == ["sk-ant-0123456789abcdef"]
    assert "apiKey" in (place.state / "openclaw.json").read_text()

    terminal.lines(*PLAIN, "--no-boot")
    assert place.known()["active"] is False
    assert not place.unit.exists()
