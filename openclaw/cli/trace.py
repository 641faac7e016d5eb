"""`trace`: the way of one message, step by step."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import click

from openclaw.cli import completing
from openclaw.cli.house import call
from openclaw.cli.tables import cell, clock, milliseconds, print_json, print_table, printable, terminal
from openclaw.types.errors import OpenClawError

COLUMNS = {"trace": "id", "at": "at", "event": "event", "outcome": "outcome", "session": "session"}
BAR_WIDTH = 32
OUTCOME_STYLES = {"answered": "green", "refused": "yellow", "dead": "red"}


@click.command()
@click.argument("which", default="last", metavar="last|list|ID", shell_complete=completing.traces)
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1000), help="For list.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def trace(which: str, limit: int, as_json: bool) -> None:
    """Why was it late, why was it refused, what did it cost."""
    if which == "list":
        rows = call("traces.list", {"limit": limit})["traces"]
        if as_json:
            print_json(rows)
        else:
            print_table(rows, COLUMNS, empty="No message has come in yet.")
        return
    found = last() if which == "last" else call("traces.get", {"id": which})
    if as_json:
        print_json(found)
    else:
        draw(found)


def last() -> Mapping[str, Any]:
    newest = call("traces.list", {"limit": 1})["traces"]
    if not newest:
        raise OpenClawError("no message has come in yet; say something: openclaw chat hello")
    return newest[0] if "spans" in newest[0] else call("traces.get", {"id": newest[0]["id"]})


@dataclass(frozen=True, slots=True)
class Step:
    name: str
    before: int
    """Cells of the bar before the step begins."""
    during: int
    ms: float
    facts: str


def steps(spans: Sequence[Mapping[str, Any]], width: int) -> list[Step]:
    """Pure: the spans on one scale. What takes no time to see still shows a mark."""
    if not spans:
        return []
    starts = [milliseconds(span["at"]) for span in spans]
    begin = min(starts)
    whole = max(max(at + span["ms"] for at, span in zip(starts, spans, strict=True)) - begin, 1)
    drawn = []
    for at, span in zip(starts, spans, strict=True):
        before = min(width - 1, int((at - begin) / whole * width))
        during = max(1, min(width - before, round(span["ms"] / whole * width)))
        drawn.append(Step(printable(str(span["name"])), before, during, span["ms"], facts_of(span)))
    return drawn


def facts_of(span: Mapping[str, Any]) -> str:
    """`1,200 in (1,100 cached), 40 out, $0.0021`, or whatever else the step tells of itself."""
    known = {"name", "at", "ms"}
    words = []
    if "input" in span:
        known |= {"input", "output", "cacheRead", "cost", "cacheWrite"}
        cached = f" ({span['cacheRead']:,} cached)" if span.get("cacheRead") else ""
        words.append(f"{span['input']:,} in{cached}, {span.get('output', 0):,} out")
        if span.get("cost") is not None:
            words.append(f"${span['cost']:.4f}")
    if "ok" in span:
        known.add("ok")
        words += [] if span["ok"] else ["failed"]
    plain = {"model", "tool"}
    named = [cell(span[name]) for name in ("model", "tool") if name in span]
    rest = [
        f"{name} {cell(value, name)}"
        for name, value in span.items()
        if name not in known | plain and value not in (None, "")
    ]
    return ", ".join([*named, *words, *rest])


def draw(found: Mapping[str, Any]) -> None:
    spans: list[Mapping[str, Any]] = list(found.get("spans") or [])
    drawn = steps(spans, BAR_WIDTH)
    reason = f" ({found['reason']})" if found.get("reason") else ""
    title = f"{found['id']}  {clock(found['at'])}  {found.get('event', '')}"
    outcome = printable(f"{found.get('outcome', '')}{reason}")
    if not sys.stdout.isatty():
        click.echo(f"{printable(title)}  {outcome}  {found.get('session') or ''}")
        for step in drawn:
            click.echo(f"{step.name}\t{step.ms:.1f} ms\t{step.facts}")
        return
    from rich.table import Table
    from rich.text import Text

    console = terminal()
    style = OUTCOME_STYLES.get(str(found.get("outcome")), "")
    console.print(Text.assemble((printable(title), "bold"), "  ", (outcome, style)))
    if found.get("session"):
        console.print(Text(printable(str(found["session"])), "dim"))
    table = Table(box=None, pad_edge=False, show_header=False)
    for step in drawn:
        bar = Text(" " * step.before).append("━" * step.during, "cyan" if step.name == "llm" else "blue")
        table.add_row(step.name, bar, Text(f"{step.ms:,.1f} ms", justify="right"), Text(step.facts, "dim"))
    console.print(table)
