import json
import sys

import pytest

from openclaw.cli.findings import print_report, row, summary, waiting
from openclaw.doctor.consultation import Done, Report
from openclaw.doctor.finding import ClearLock, Finding, Level

LOCK = Finding("lock.stale", "warn", "It was killed.", "It matters.", "openclaw serve", ClearLock())
FULL = Finding("disk.full", "error", "The disk is full.", "Nothing is taken in.", "Free some space.")
NOTE = Finding("budgets.unset", "info", "There is no limit.", "It may cost.", "openclaw config set x 5")
FINE = Finding("sqlite.version", "ok", "SQLite is fine.")


def shown(
    capsys: pytest.CaptureFixture[str], report: Report, *, as_json: bool = False, every: bool = False
) -> tuple[int, str]:
    code = print_report(report, as_json=as_json, every=every, name="doctor")
    return code, capsys.readouterr().out


def test_the_gravest_comes_first_each_with_why_and_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    code, text = shown(capsys, Report([NOTE, LOCK, FULL, FINE]))

    assert code == 2
    assert text.splitlines() == [
        "error: The disk is full. [disk.full]",
        "  Nothing is taken in.",
        "  Free some space.",
        "",
        "warning: It was killed. [lock.stale]",
        "  It matters.",
        "  openclaw serve",
        "",
        "note: There is no limit. [budgets.unset]",
        "  It may cost.",
        "  openclaw config set x 5",
        "",
        "1 error, 1 warning, 1 note. 1 of them can be mended by: openclaw doctor --fix",
    ]


def test_what_is_well_is_shown_on_request(capsys: pytest.CaptureFixture[str]) -> None:
    assert "SQLite is fine." not in shown(capsys, Report([FINE]))[1]
    assert "ok: SQLite is fine.\n" in shown(capsys, Report([FINE]), every=True)[1]


def test_what_was_mended_and_what_was_not_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    report = Report([FULL], [Done(LOCK, "the lock was cleared")], [Done(LOCK, "another process has it.")])

    _, text = shown(capsys, report)

    assert "Mended: the lock was cleared." in text
    assert "Not mended: It was killed. another process has it." in text
    assert "can be mended by" not in text


def test_what_was_mended_by_one_stroke_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    _, text = shown(capsys, Report([], [Done(LOCK, "all agrees again"), Done(FULL, "all agrees again")]))

    assert text.count("Mended: all agrees again.") == 1


def test_without_colours_there_is_no_escape_code(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)

    _, text = shown(capsys, Report([LOCK]))

    assert "! It was killed.  lock.stale\n" in text
    assert "\x1b" not in text


def test_who_waits_is_told_on_a_terminal_and_nowhere_else(capsys: pytest.CaptureFixture[str]) -> None:
    with waiting("Looking …"):
        pass

    assert capsys.readouterr() == ("", "")


def test_control_characters_of_strangers_do_not_reach_the_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    evil = Finding("jobs.failing", "warn", "The job \x1b[2J failed.", "x", "y")

    assert "\x1b" not in shown(capsys, Report([evil]))[1]


def test_programs_get_a_list_with_what_was_mended(capsys: pytest.CaptureFixture[str]) -> None:
    code, text = shown(capsys, Report([FULL, FINE], [Done(LOCK, "cleared")]), as_json=True)

    mended, left = json.loads(text)
    assert code == 2
    assert mended == {**row(LOCK), "mended": True, "done": "cleared"}
    assert left == {
        "id": "disk.full", "level": "error", "what": "The disk is full.", "why": "Nothing is taken in.",
        "command": "Free some space.", "fixable": False, "mended": False,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("levels", "running", "words"),
    [
        ((), True, "All is well."),
        ((), False, "All is well. The assistant is not running; it starts with: openclaw serve"),
        (("info", "ok"), True, "All is well. 1 note."),
        (("warn", "warn"), True, "2 warnings."),
    ],
)
def test_the_last_line(levels: tuple[Level, ...], running: bool, words: str) -> None:
    findings = [Finding("a.b", level, "It is so.") for level in levels]

    assert summary(Report(findings, is_running=running), "doctor") == words
