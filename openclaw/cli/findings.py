"""Findings on the terminal: what, why it matters, what mends it; or JSON for programs."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from openclaw.cli.tables import print_json, printable, terminal

if TYPE_CHECKING:
    from openclaw.doctor.consultation import Report
    from openclaw.doctor.finding import Finding, Level

_SIGNS: "dict[Level, tuple[str, str]]" = {
    "error": ("✗", "red"),
    "warn": ("!", "yellow"),
    "info": ("·", "cyan"),
    "ok": ("✓", "green"),
}
_WORDS: "dict[Level, str]" = {"error": "error", "warn": "warning", "info": "note", "ok": "ok"}


@contextmanager
def waiting(words: str) -> Iterator[None]:
    """Says what takes so long, to people only; gone when it is done."""
    if not (sys.stdout.isatty() and sys.stderr.isatty()):
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(words):
        yield


def print_report(report: "Report", *, as_json: bool, every: bool, name: str) -> int:
    """The exit code."""
    from openclaw.doctor.finding import exit_code

    shown = [each for each in report.findings if every or each.level != "ok"]
    if as_json:
        mended = [{**row(each.finding), "mended": True, "done": each.words} for each in report.mended]
        print_json([*mended, *({**row(each), "mended": False} for each in shown)])
        return exit_code(report.findings)
    for words in dict.fromkeys(each.words for each in report.mended):
        _say("✓", "green", f"Mended: {words.rstrip('.')}.")
    for each in report.failed:
        _say("✗", "red", f"Not mended: {each.finding.what} {each.words.rstrip('.')}.")
    if report.mended or report.failed:
        click.echo()
    for level in ("error", "warn", "info", "ok"):
        for finding in shown:
            if finding.level == level:
                _print(finding)
    if any(each.level == "ok" for each in shown):
        click.echo()
    click.echo(summary(report, name))
    return exit_code(report.findings)


def row(finding: "Finding") -> dict[str, object]:
    return {
        "id": finding.id,
        "level": finding.level,
        "what": finding.what,
        "why": finding.why,
        "command": finding.command,
        "fixable": finding.mend is not None,
    }


def summary(report: "Report", name: str) -> str:
    """Pure. The last line."""
    count = {level: sum(each.level == level for each in report.findings) for level in _WORDS}
    running = "" if report.is_running else " The assistant is not running; it starts with: openclaw serve"
    if not count["error"] and not count["warn"]:
        notes = f" {_count(count['info'], 'note')}." if count["info"] else ""
        return f"All is well.{notes}{running if name == 'doctor' else ''}"
    fixable = sum(each.mend is not None and each.level != "ok" for each in report.findings)
    parts = [_count(count[level], _WORDS[level]) for level in ("error", "warn", "info") if count[level]]
    told = f"{', '.join(parts)}."
    if fixable and not report.mended and not report.failed:
        command = "openclaw doctor --fix" if name == "doctor" else "openclaw security audit --fix"
        told += f" {fixable} of them can be mended by: {command}"
    return told


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _print(finding: "Finding") -> None:
    sign, colour = _SIGNS[finding.level]
    is_well = finding.level == "ok"
    _say(sign, colour, finding.what, level=_WORDS[finding.level], name="" if is_well else finding.id)
    if is_well:
        return
    if finding.why:
        _say("", "", finding.why)
    if finding.command:
        _say("→", "bold", finding.command)
    click.echo()


def _say(sign: str, colour: str, words: str, *, level: str = "", name: str = "") -> None:
    if not sys.stdout.isatty():
        head = f"{level}: " if level else "  "
        tail = f" [{name}]" if name else ""
        click.echo(f"{head}{printable(words)}{tail}")
        return
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=1)
    grid.add_column(overflow="fold")
    text = Text(printable(words), style="" if level or sign else "dim")
    if name:
        text.append(f"  {name}", style="dim")
    grid.add_row(Text(sign, style=colour), text)
    terminal().print(grid)
