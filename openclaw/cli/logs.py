"""`logs`: what the assistant wrote down, and what it writes now."""

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import orjson

from openclaw.cli.house import load_settings
from openclaw.cli.tables import clock, print_json, printable

LEVELS = ("debug", "info", "warning", "error")
_STYLES = {"debug": "bright_black", "info": "green", "warning": "yellow", "error": "red", "critical": "red"}
_OWN = frozenset({"time", "level", "logger", "event", "exception"})
MOST = 5000
PAUSE_SECONDS = 0.3
MOST_BYTES = 4_000_000


@dataclass(frozen=True, slots=True)
class Wanted:
    level: str
    text: str

    def has(self, line: Mapping[str, Any]) -> bool:
        """Pure."""
        rank = LEVELS.index(self.level)
        is_loud = str(line.get("level", "error")) not in LEVELS[:rank]
        return is_loud and self.text.lower() in orjson.dumps(line).decode().lower()


@click.command()
@click.option(
    "-n", "--lines", "count", type=click.IntRange(1, MOST), default=50, show_default=True, help="How many."
)
@click.option("-f", "--follow", is_flag=True, help="Go on with what is written from now on, until Ctrl-C.")
@click.option(
    "--level",
    type=click.Choice(["debug", "info", "warn", "warning", "error"]),
    default="debug",
    # The config says `warn`, the log itself `warning`.
    callback=lambda _ctx, _option, value: "warning" if value == "warn" else value,
    help="This and worse.",
)
@click.option("--grep", "text", default="", help="Only lines that hold this.")
@click.option("--json", "as_json", is_flag=True, help="For programs: a list; with -f one object a line.")
def logs(count: int, follow: bool, level: str, text: str, as_json: bool) -> None:
    """The end of the log, whether the assistant runs or not."""
    from openclaw.web.office.logs import tail

    loaded = load_settings()
    path = Path(loaded.settings.logging.file or loaded.paths.log_file).expanduser()
    wanted = Wanted(level, text)
    # Further back where most lines are not wanted.
    told = tail(path, None, MOST, MOST_BYTES)
    found = [line for line in map(parsed, lines_of(told)) if wanted.has(line)][-count:]
    if as_json and not follow:
        print_json(found)
        return
    if not found and not follow:
        click.echo(
            "Nothing of that is in the log." if path.exists() else f"There is no log yet ({path}).", err=True
        )
    for line in found:
        show(line, as_json=as_json)
    if follow:
        for line in added(path, cursor_of(told)):
            if wanted.has(line):
                show(line, as_json=as_json)


def added(path: Path, cursor: int) -> Iterator[Mapping[str, Any]]:
    """Without end. Blocks."""
    from openclaw.web.office.logs import tail

    pause = threading.Event()
    while True:
        told = tail(path, cursor, MOST, MOST_BYTES)
        cursor = cursor_of(told)
        yield from map(parsed, lines_of(told))
        pause.wait(PAUSE_SECONDS)


def lines_of(told: Mapping[str, object]) -> list[str]:
    lines = told["lines"]
    return lines if isinstance(lines, list) else []


def cursor_of(told: Mapping[str, object]) -> int:
    return int(str(told["cursor"]))


def parsed(line: str) -> Mapping[str, Any]:
    """Pure. A line that is none of ours is an event of its own."""
    try:
        found = orjson.loads(line)
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {"event": line}


def show(line: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        click.echo(orjson.dumps(line).decode())
        return
    level = str(line.get("level", ""))
    facts = " ".join(f"{name}={value}" for name, value in line.items() if name not in _OWN)
    click.echo(
        f"{click.style(clock(line.get('time', '')), dim=True)} {click.style(level.ljust(7), fg=_STYLES.get(level))} "
        f"{printable(str(line.get('event', '')))}{click.style(f'  {printable(facts)}', dim=True) if facts else ''}"
    )
    for each in str(line.get("exception", "")).splitlines():
        click.echo(click.style(f"    {printable(each)}", dim=True))
