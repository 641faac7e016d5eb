"""`sessions`: what conversations there are."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import orjson

from openclaw.cli import completing
from openclaw.cli.house import call
from openclaw.cli.tables import clock, print_json, print_table, printable, printable_text
from openclaw.types.errors import OpenClawError

COLUMNS = {
    "session": "key",
    "last": "updatedAt",
    "channel": "channel",
    "model": "model",
    "tokens": "totalTokens",
    "cost $": "cost",
}


@click.group()
def sessions() -> None:
    """List, show, sum up and reset conversations."""


@sessions.command("list")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 10_000), help="How many.")
@click.option("--agent", help="Only this agent's.", shell_complete=completing.agents)
@click.option("--search", help="Only keys and names that hold this.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def list_sessions(limit: int, agent: str | None, search: str | None, as_json: bool) -> None:
    """Newest first."""
    params = {"limit": limit, "agentId": agent, "search": search}
    rows = call("sessions.list", params)["sessions"]
    if as_json:
        print_json(rows)
    else:
        print_table(rows, COLUMNS, empty="No session yet. Say something: openclaw chat hello")


@sessions.command()
@click.argument("key", default="main", shell_complete=completing.sessions)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def show(key: str, as_json: bool) -> None:
    """One session's lines; KEY may be short: main, or telegram:821071206."""
    session = call("sessions.get", {"key": key})
    if as_json:
        print_json(session)
        return
    click.echo(f"{session['key']} ({session['sessionId']})")
    for line in session["lines"]:
        if text := as_text(line):
            click.echo(text)


@sessions.command()
@click.argument("key", default="main", shell_complete=completing.sessions)
@click.option("--keep", default="", help="What the summary should not leave out.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def compact(key: str, keep: str, as_json: bool) -> None:
    """Sum up what was said; the transcript keeps every word."""
    done = call("sessions.compact", {"key": key, "instructions": keep})
    if as_json:
        print_json(done)
    else:
        click.echo(printable_text(str(done["reason"])))


@sessions.command()
@click.argument("key", shell_complete=completing.sessions)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def reset(key: str, as_json: bool) -> None:
    """Begin anew under the same key; the old transcript is kept."""
    done = call("sessions.reset", {"key": key})
    if as_json:
        print_json(done)
    else:
        click.echo(f"{done['key']} begins anew as {done['entry']['sessionId']}")


@sessions.command()
@click.argument("key", default="main", shell_complete=completing.sessions)
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    help="A file that is not there yet; without it, the terminal.",
)
@click.option("--json", "as_json", is_flag=True, help="The lines as the transcript has them, in one list.")
def export(key: str, output: Path | None, as_json: bool) -> None:
    """One conversation to keep elsewhere: as Markdown, or whole as JSON."""
    session = call("sessions.get", {"key": key})
    if as_json:
        text = orjson.dumps(session["lines"], option=orjson.OPT_INDENT_2).decode() + "\n"
    else:
        text = as_markdown(session)
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        # What was said is private, like the transcript itself.
        descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise OpenClawError(
            f"{output} cannot be written: {error.strerror or error}; name another file"
        ) from None
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    click.echo(f"{output} holds {len(session['lines'])} lines of {session['key']}")


def as_markdown(session: Mapping[str, Any]) -> str:
    """Pure."""
    parts = [f"# {printable(str(session['key']))}\n"]
    for line in session["lines"]:
        if (said := as_text(line)) and line.get("role") != "tool":
            moment, _, words = said.partition(": ") if "role" in line else ("summary", "", said)
            parts.append(f"**{moment}**\n\n{words}\n")
    return "\n".join(parts)


def as_text(line: dict[str, Any]) -> str:
    """A transcript line for reading; empty for one that people need not see."""
    if line.get("type") == "compaction":
        return printable_text(f"[summary] {line.get('summary', '')}")
    if "role" not in line:
        return ""
    content = line.get("content", "")
    words = content if isinstance(content, str) else "\n".join(filter(None, map(_block, content)))
    return printable_text(f"{clock(line.get('timestamp', ''))} {line['role']}: {words}")


def _block(block: dict[str, Any]) -> str:
    match block.get("type"):
        case "text":
            return str(block.get("text", ""))
        case "tool_use":
            return f"[calls {block.get('name')} {block.get('input')}]"
        case "tool_result":
            content = block.get("content")
            words = "\n".join(filter(None, map(_block, content))) if isinstance(content, list) else content
            return f"[result] {words}"
        case "image":
            return f"[picture {block.get('source', {}).get('path')}]"
        case _:
            return ""
