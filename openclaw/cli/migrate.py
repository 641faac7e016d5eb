"""`migrate`: what another assistant on this machine knows comes over, and nothing of it is touched."""

import shutil
import sys
import textwrap
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from openclaw.cli.tables import print_json, printable
from openclaw.types.errors import OpenClawError

if TYPE_CHECKING:
    from openclaw.migrate.moving import Move
    from openclaw.migrate.records import Outcome, Told

_COLORS = {"came over": "green", "adapted": "cyan", "there already": "white", "left": "yellow"}
_WIDE, _NARROW = 100, 60
_INDENT = " " * 15


@click.command()
@click.argument("source", metavar="[FROM]", required=False, type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Tell what would be done, write nothing.")
@click.option(
    "--take-over",
    is_flag=True,
    help="FROM is our own state directory, and the original will not run there again.",
)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def migrate(source: Path | None, dry_run: bool, take_over: bool, as_json: bool) -> None:
    """Bring over conversations, memory, people, keys and jobs from OpenClaw, nanobot or Hermes.

    FROM is the directory of the other assistant, ~/.openclaw for instance; without it the one in your home
    directory is taken. Nothing in it is changed, and running it again brings only what is new.
    """
    from openclaw.migrate.looking import name_of
    from openclaw.migrate.moving import Move, carried_out, choose
    from openclaw.settings.environment import process_environment
    from openclaw.settings.paths import find_paths
    from openclaw.types.clock import SystemClock

    environ = process_environment()
    move = Move(choose(source, environ), find_paths(environ), environ, SystemClock(), dry_run, take_over)
    move.refuse()
    if not as_json:
        would = " (dry run: nothing is written)" if dry_run else ""
        click.echo(f"From {name_of(move.home)} in {move.home.root} to {move.paths.state}{would}\n")
    progress = Progress()
    told: list[Told] = []
    try:
        for line in carried_out(move, progress.more):
            told.append(line)
            progress.clear()
            if not as_json:
                _print(line)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OpenClawError(
            f"{error.filename or move.paths.state}: {error.strerror}; make room or mend it, then run this again: "
            "it goes on where it stopped"
        ) from None
    finally:
        progress.clear()
    if as_json:
        print_json(_document(move, told))
    else:
        _sum_up(told, dry=dry_run)


class Progress:
    """How many lines were read, on a line of its own which goes away; only for people."""

    def __init__(self) -> None:
        self._count = 0
        self._shown = False

    def more(self, lines: int) -> None:
        before, self._count = self._count, self._count + lines
        if sys.stderr.isatty() and self._count // 5000 > before // 5000:
            click.echo(f"\r{self._count:,} lines read …", nl=False, err=True)
            self._shown = True

    def clear(self) -> None:
        if self._shown:
            click.echo("\r\x1b[K", nl=False, err=True)
            self._shown = False


def _print(line: "Told") -> None:
    is_terminal = sys.stdout.isatty()
    if not is_terminal:
        cells = (line.outcome, line.what, line.source, line.target, line.why)
        click.echo("\t".join(printable(cell) or "-" for cell in cells))
        return
    columns = min(max(shutil.get_terminal_size().columns, _NARROW), _WIDE)
    outcome = click.style(f"{line.outcome:<13}", fg=_COLORS[line.outcome])
    click.echo(f"{outcome}  {printable(line.what)}")
    place = line.target if line.target and line.target != line.source else ""
    details = " · ".join(filter(None, (f"→ {place}" if place else "", line.why)))
    shape = textwrap.TextWrapper(
        columns, initial_indent=_INDENT, subsequent_indent=_INDENT, break_on_hyphens=False
    )
    for row in shape.wrap(printable(details)):
        click.echo(click.style(row, dim=True))


def _sum_up(told: Iterable["Told"], *, dry: bool) -> None:
    counts = Counter(line.outcome for line in told)
    words: dict[Outcome, str] = {
        "came over": "would come over" if dry else "came over",
        "adapted": "would be adapted" if dry else "adapted",
        "there already": "there already",
        "left": "left where it is",
    }
    shown = [f"{counts[outcome]} {said}" for outcome, said in words.items() if counts[outcome]]
    click.echo(f"\n{', '.join(shown) or 'There was nothing to bring'}.")
    if dry:
        click.echo("Without --dry-run it is done. Nothing of theirs is changed.")
        return
    if counts["came over"] or counts["adapted"]:
        click.echo("Stop the other assistant before this one runs: one bot has one listener.")
    click.echo("Next: openclaw serve runs it, openclaw dashboard gives you a link to its page.")


def _document(move: "Move", told: Iterable["Told"]) -> dict[str, object]:
    lines = [
        {"outcome": each.outcome, "what": each.what, "from": each.source, "to": each.target, "why": each.why}
        for each in told
    ]
    return {
        "from": str(move.home.root),
        "kind": move.home.kind,
        "to": str(move.paths.state),
        "dryRun": move.dry,
        "lines": lines,
    }
