"""What goes on while one waits: a line that is written over on a terminal, nothing where output is piped."""

import sys
from collections.abc import Mapping
from typing import Any

import click

from openclaw.cli.tables import printable

WIDTH = 100


class Meanwhile:
    """On stderr. `clear` before anything else is written."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._shown = not quiet and sys.stderr.isatty()
        self._stands = False

    def say(self, words: str) -> None:
        if self._shown:
            click.echo(f"\r\x1b[K{click.style(printable(words)[:WIDTH], dim=True)}", nl=False, err=True)
            self._stands = True

    def clear(self) -> None:
        if self._stands:
            click.echo("\r\x1b[K", nl=False, err=True)
            self._stands = False


def of_tool(data: Mapping[str, Any]) -> str:
    """Pure. Of a tool that runs for long: `  exec · 12 s · compiling`."""
    seconds = round(int(data.get("elapsedMs") or 0) / 1000)
    content = (data.get("partialResult") or {}).get("content") or []
    said = " ".join(" ".join(str(block.get("text", "")) for block in content).split())
    return "  " + " · ".join(part for part in (str(data.get("name")), f"{seconds} s", said) if part)


def of_work(work: Mapping[str, Any]) -> str:
    """Pure. `Summing up the earlier conversation · 2 of 5 · 14 s`."""
    seconds = round((int(work.get("ts") or 0) - int(work.get("startedAt") or 0)) / 1000)
    so_far = f"{work.get('done', 0)} of {work['total']}" if work.get("total") else ""
    told = (str(work.get("title")), so_far, str(work.get("text") or ""), f"{seconds} s")
    return " · ".join(part for part in told if part)
