import io
import sys

import click
import pytest

from openclaw.cli.onboarding.answers import BackError
from openclaw.cli.onboarding.screen import WIDTH, Prompt, Screen, wrapped


def test_in_a_pipe_there_are_words_alone(capsys: pytest.CaptureFixture[str]) -> None:
    screen = Screen()
    screen.title("OpenClaw", "a hint")
    screen.heading(2, 5, "Who are you?")
    screen.say("word " * 40)
    screen.good("It \x1b[2J works.")
    screen.odd("Odd.")
    screen.bad("Bad.")
    screen.pointer("your page", "http://127.0.0.1/#" + "x" * 120, "once")
    shown = capsys.readouterr().out

    assert "\x1b" not in shown
    assert shown.startswith("\nOpenClaw\na hint\n\n2 of 5  Who are you?\n  word word")
    assert "  ✓ It �[2J works.\n  ! Odd.\n  ✗ Bad.\n" in shown
    assert "http://127.0.0.1/#" + "x" * 120 in shown.splitlines()[-2]
    assert all(line == line.rstrip() for line in shown.splitlines())


def test_long_words_stay_whole_and_the_rest_is_wrapped() -> None:
    path = "/very" * 30
    assert wrapped(f"see {path} now", 4) == ["    see", f"    {path}", "    now"]
    assert max(map(len, wrapped("word " * 60, 2))) <= WIDTH
    assert wrapped("", 2) == [""]


@pytest.mark.parametrize("typed", ["<\n", " back \n", "BACK\n"])
def test_back_is_a_sign_or_a_word(
    typed: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
    with pytest.raises(BackError):
        Screen().ask(Prompt("name", "later"))
    assert capsys.readouterr().out == "› name [later]: \n"


def test_lines_from_a_pipe_are_answers_until_it_ends(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(" Ana \n\nsk-ant-x\n"))
    screen = Screen()
    assert [screen.ask(Prompt("a", "b")), screen.ask(Prompt("a", "b"))] == ["Ana", ""]
    assert screen.ask(Prompt("key", "offline", hidden=True)) == "sk-ant-x"
    assert not screen.is_live
    assert "not shown" not in capsys.readouterr().out
    with pytest.raises(click.Abort):
        screen.ask(Prompt("a", "b"))


def test_what_took_how_long_is_told_once_for_each_kind() -> None:
    screen = Screen()
    screen.spans.extend([("trying the key", 400.0), ("trying the key", 700.0), ("writing it down", 40.0)])
    assert screen.account(62_000) == "1 min (trying the key 1.1 s, writing it down 40 ms)"
    assert Screen().account(900) == "0.9 s"
    with screen.timed("more"):
        pass
    assert screen.spans[-1][0] == "more"
    assert screen.lasted().endswith("ms")
