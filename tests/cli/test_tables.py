import io
import sys

import pytest

from openclaw.cli.tables import cell, print_facts, print_table, terminal


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        ([], "-"),
        (True, "yes"),
        (0, "0"),
        (1240, "1240"),
        (0.00213456, "0.002135"),
        (["a", None], "a -"),
        ("\x1b[31mred", "�[31mred"),
    ],
)
def test_a_cell_is_printable(value: object, text: str) -> None:
    assert cell(value) == text


def test_times_are_shown_as_times() -> None:
    assert cell(1_795_228_142_000, "updatedAt").startswith("2026-11-2")


def test_in_a_pipe_a_table_is_plain_columns(capsys: pytest.CaptureFixture[str]) -> None:
    print_table([{"a": 1, "b": "x"}], {"first": "a", "second": "b"}, empty="none")
    print_table([], {"first": "a"}, empty="none")
    assert capsys.readouterr().out == "1\tx\nnone\n"


def test_for_people_a_table_has_titles(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    print_table([{"a": "[bold]x"}], {"first": "a"}, empty="none")
    shown = capsys.readouterr().out
    assert "first" in shown
    assert "[bold]x" in shown


def test_nested_facts_are_indented(capsys: pytest.CaptureFixture[str]) -> None:
    print_facts(
        {"ok": True, "channels": {"telegram": {"state": "connected"}}, "jobs": [{"id": "j", "runs": 2}]}
    )
    assert capsys.readouterr().out.splitlines() == [
        "ok: yes",
        "channels:",
        "  telegram:",
        "    state: connected",
        "jobs:",
        "  id j, runs 2",
    ]


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("unwanted", [True, False])
def test_who_wants_no_colours_gets_no_bold_either(unwanted: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "COLORTERM", "FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    if unwanted:
        monkeypatch.setenv("NO_COLOR", "1")
    screen = Screen()
    monkeypatch.setattr(sys, "stdout", screen)
    terminal().print("[bold red]x[/]")
    assert ("\x1b" in screen.getvalue()) is not unwanted
