"""`openclaw secrets`: whether each can be had, and out of the config file with those that stand in it."""

import sys
from typing import TYPE_CHECKING, Any

import click

from openclaw.cli.tables import print_json, print_table
from openclaw.types.errors import OpenClawError

if TYPE_CHECKING:
    from openclaw.ops.safekeeping.check import Checked
    from openclaw.settings.paths import Paths
    from openclaw.settings.problems import Key

_JSON = click.option("--json", "as_json", is_flag=True, help="For programs.")
_IN = click.option(
    "--in",
    "place",
    type=click.Choice(["keychain", "file"]),
    help="Where to; by default the keychain on a Mac, elsewhere credentials/secrets.json (0600).",
)
_LONG_MS = 1000


@click.group()
def secrets() -> None:
    """Keys, tokens and passwords: try them, put them away. No command shows one."""


@secrets.command()
@_JSON
def check(*, as_json: bool) -> int:
    """Try every secret of the configuration. Exits 1 when one cannot be had."""
    from openclaw.cli.house import load_settings
    from openclaw.ops.safekeeping.check import check_all

    loaded = load_settings()
    found = check_all(loaded)
    if as_json:
        print_json([_row(each) for each in found])
    else:
        ours = _ours(loaded.paths)
        rows = [{**_row(each), "where": _shortly(each.where, ours), "state": _state(each)} for each in found]
        columns = {"key": "key", "where": "where", "state": "state"}
        print_table(rows, columns, empty="The configuration holds no secret.")
        for each in found:
            if not each.usable:
                click.echo(f"\n{each.key}: {each.detail}")
        _sum_up(found)
    return 0 if all(each.usable for each in found) else 1


def _row(each: "Checked") -> dict[str, Any]:
    return {"key": each.key, "where": each.where, "state": each.state, "detail": each.detail, "ms": each.ms}


def _state(each: "Checked") -> str:
    return f"{each.state} ({each.ms / 1000:.1f} s)" if each.ms >= _LONG_MS else each.state


def _ours(paths: "Paths") -> str:
    """How references into our own file begin."""
    from openclaw.ops.safekeeping.keeping import secrets_file

    return f"file:{secrets_file(paths)}#"


def _shortly(where: str, ours: str) -> str:
    return "the secrets file" if where.startswith(ours) else where


def _sum_up(found: "list[Checked]") -> None:
    plain = [each for each in found if each.state == "plain"]
    if plain:
        what = "One of them stands" if len(plain) == 1 else f"{len(plain)} of them stand"
        click.echo(f"\n{what} in the file as plain text: openclaw secrets move")


@secrets.command("list")
@_JSON
def show(*, as_json: bool) -> None:
    """Where each comes from, and what lies in the secrets file unused."""
    from openclaw.cli.house import load_settings
    from openclaw.ops.safekeeping.keeping import SecretsFile, secrets_file
    from openclaw.settings.checking.plaintext import stated_secrets

    loaded = load_settings()
    file = SecretsFile(secrets_file(loaded.paths))
    stated = stated_secrets(loaded.written)
    rows = [
        {
            "key": each.name,
            "where": "in the config file, as text" if each.is_plain else each.text or each.trouble,
        }
        for each in stated
    ]
    used = {each.text for each in stated}
    kept = [{"name": name, "used": file.reference(name) in used} for name in file.names()]
    if as_json:
        print_json({"secrets": rows, "kept": kept, "file": str(file.path)})
        return
    ours = _ours(loaded.paths)
    shown = [{**row, "where": _shortly(row["where"], ours)} for row in rows]
    print_table(shown, {"key": "key", "where": "where"}, empty="The configuration holds no secret.")
    idle = [str(each["name"]) for each in kept if not each["used"]]
    if idle:
        click.echo(f"\nIn {file.path}, and not used by the configuration: {', '.join(idle)}")


@secrets.command("set", context_settings={"allow_extra_args": True})
@click.argument("name")
@_IN
@click.pass_context
def put(context: click.Context, name: str, place: Any) -> None:
    """Put one away. It is asked for without being shown, or read from the standard input.

    NAME is a key of the configuration, such as channels.telegram.botToken, which then refers to it; or a name of your
    own, and you are told the reference.
    """
    from openclaw.migrate.looking import refuse_home_of_original
    from openclaw.ops.safekeeping.keeping import keeper
    from openclaw.settings.environment import process_environment
    from openclaw.settings.paths import find_paths
    from openclaw.settings.references import read_reference

    if context.args:
        # click's own words would repeat it.
        raise click.UsageError(
            "the secret is not taken from here, where your shell's history keeps it: type the name alone, and you are"
            " asked for it. If that was the real one, make a new one at its provider."
        )
    environ = process_environment()
    paths = find_paths(environ)
    refuse_home_of_original(paths.state, paths.ledger)
    key = _key(name, paths)
    value = _asked(name)
    reference = keeper(place, paths, environ).keep(_spelled(key) if key else name, value)
    if read_reference(reference, environ) != value:
        raise OpenClawError(f"{reference} gives back something else than was put there; try --in file")
    if key is None:
        click.echo(f'Kept. Where it is needed, write "{reference}".')
        return
    _refer(key, reference, paths)
    click.echo(f"Kept; {_spelled(key)} refers to it: {reference}")
    click.echo("A running assistant takes it within five minutes, or as soon as the old one is refused.")


def _asked(name: str) -> str:
    if sys.stdin.isatty():
        value: str = click.prompt(name, hide_input=True)
    else:
        value = sys.stdin.read().strip("\r\n")
    if not value:
        raise OpenClawError("nothing was entered; nothing was changed")
    return value


def _key(name: str, paths: "Paths") -> "Key | None":
    """The secret's field of this name; None where it is nobody's but the owner's."""
    from openclaw.settings.editing.spelling import SpellingError, key_named
    from openclaw.settings.file import UnreadableError, parse
    from openclaw.settings.model import ROOT

    try:
        tree = parse(paths.config.read_bytes())
    except FileNotFoundError:
        tree = {}
    except (OSError, UnreadableError) as error:
        raise OpenClawError(f"{paths.config}: {error}; mend it first") from None
    try:
        key = key_named(name, tree)
    except SpellingError:
        return None
    shape: Any = ROOT
    for step in key:
        shape = shape.child(step) if shape is not None else None
    if "." in name and (shape is None or not shape.text):
        raise OpenClawError(f"{name}: there is no such key for a secret; see: openclaw secrets list")
    return key if shape is not None and shape.secret else None


def _refer(key: "Key", reference: str, paths: "Paths") -> None:
    from openclaw.settings.editing.edits import Put
    from openclaw.settings.editing.writing import write_config
    from openclaw.settings.environment import process_environment

    write_config(process_environment(), paths, [Put(key, reference)])


def _spelled(key: "Key") -> str:
    from openclaw.settings.problems import dotted

    return dotted(key)


@secrets.command()
@click.argument("keys", nargs=-1)
@_IN
@click.option("--dry-run", is_flag=True, help="Only say what would be moved.")
@_JSON
def move(keys: tuple[str, ...], place: Any, *, dry_run: bool, as_json: bool) -> None:
    """Move secrets out of the config file.

    Each is put away, and a reference is put in its place; comments and the rest of the file stay. KEYS: only these.
    No copy of the old file is kept, as it would hold what is to go; what was moved can be read where its reference
    says.
    """
    from openclaw.migrate.looking import refuse_home_of_original
    from openclaw.ops.safekeeping.keeping import keeper
    from openclaw.ops.safekeeping.moving import move as put_away
    from openclaw.ops.safekeeping.moving import plan_move
    from openclaw.settings.environment import process_environment
    from openclaw.settings.paths import find_paths

    environ = process_environment()
    paths = find_paths(environ)
    refuse_home_of_original(paths.state, paths.ledger)
    plan = plan_move(paths, keys)
    moved = [] if dry_run else put_away(environ, paths, plan, keeper(place, paths, environ))
    if as_json:
        would = [each.name for each in plan.movable] if dry_run else []
        done = [{"key": each.key, "reference": each.reference} for each in moved]
        print_json({"moved": done, "movable": would, "elsewhere": list(plan.elsewhere)})
        return
    for each in moved:
        click.echo(f"{each.key} → {each.reference}")
    for stated in plan.movable if dry_run else ():
        click.echo(f"{stated.name} would be moved")
    for name in plan.elsewhere:
        click.echo(f"{name} stands in an included file or comes from elsewhere: change it there", err=True)
    if not plan.movable:
        click.echo("No secret stands in the config file as plain text.")
