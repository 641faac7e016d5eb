"""`openclaw config`: what the configuration says, and what is wrong with it."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import orjson

from openclaw.cli.tables import print_json
from openclaw.settings.checking.plaintext import plaintext_problem
from openclaw.settings.checking.safety import insecurities, revealing
from openclaw.settings.editing.edits import Put, Take
from openclaw.settings.editing.showing import (
    Difference,
    differences,
    shown,
    shown_at,
    shown_defaults,
    value_at,
)
from openclaw.settings.editing.spelling import key_named, value_named
from openclaw.settings.editing.writing import Written, write_config
from openclaw.settings.environment import process_environment
from openclaw.settings.file import UnreadableError, parse
from openclaw.settings.loading import Loaded, last_good, load
from openclaw.settings.paths import Paths, find_paths
from openclaw.settings.problems import Problem, dotted
from openclaw.types.errors import OpenClawError

_FILE = click.option(
    "--config", "file", type=click.Path(path_type=Path), help="The config file, if not the usual one."
)
_JSON = click.option("--json", "as_json", is_flag=True, help="For programs.")


@click.group()
def config() -> None:
    """Check, read and change the configuration."""


@config.command()
@_FILE
@_JSON
def check(file: Path | None, *, as_json: bool) -> int:
    """Say what is wrong. Exits 0 when all of it is used, 1 when something is passed over, 78 when it is unsafe."""
    loaded = load(process_environment(), config_path=file)
    unsafe = [
        Problem(error.key, "error", error.problem, error.mend)
        for error in insecurities(loaded.settings, revealing(loaded.environ, loaded.settings.secrets))
    ]
    plain = plaintext_problem(loaded.written)
    problems = [*unsafe, *loaded.problems, *([plain] if plain is not None else ())]
    if as_json:
        print_json([{"key": p.key, "severity": p.severity, "text": p.text, "mend": p.mend} for p in problems])
    else:
        for problem in problems:
            click.echo(f"{problem.severity}: {problem}")
        click.echo(_summary(loaded, problems))
    if unsafe:
        return 78
    is_passed_over = loaded.paths.config.exists() and loaded.source != loaded.paths.config
    return 1 if is_passed_over or any(problem.severity == "error" for problem in problems) else 0


def _summary(loaded: Loaded, problems: list[Problem]) -> str:
    where = loaded.source or f"no config file ({loaded.paths.config}); everything is as built in"
    errors = sum(problem.severity == "error" for problem in problems)
    if not problems:
        return f"{where}: all is well"
    return f"{where}: {_count(errors, 'error')}, {_count(len(problems) - errors, 'warning')}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


@config.command()
@_FILE
@_JSON
def path(file: Path | None, *, as_json: bool) -> None:
    """Where the config file is."""
    loaded_from = load(process_environment(), config_path=file).paths.config
    if as_json:
        print_json({"path": str(loaded_from), "exists": loaded_from.exists()})
    else:
        click.echo(str(loaded_from))


@config.command()
@click.argument("key", default="")
@_FILE
@_JSON
def get(key: str, file: Path | None, *, as_json: bool) -> None:
    """What KEY is, defaults and environment included; everything without KEY. Secrets are not shown."""
    value = value_at(shown(load(process_environment(), config_path=file)), key)
    if as_json:
        print_json(value)
    else:
        click.echo(_plain(value))


def _plain(value: object) -> str:
    """A text without its quotes."""
    return value if isinstance(value, str) else orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()


@config.command("set")
@click.argument("key")
@click.argument("value")
@click.option("--json", "strict", is_flag=True, help="VALUE is JSON5 and nothing else.")
@_FILE
def put(key: str, value: str, file: Path | None, *, strict: bool) -> None:
    """Change one value; comments and all the rest of the file stay as they are.

    VALUE is read as JSON5 where it is, else as text; `-` takes it from the standard input, where no other program
    sees it. A value that could not be used is refused.
    """
    environ, paths, tree = _place(file)
    name = key_named(key, tree)
    text = sys.stdin.read().rstrip("\r\n") if value == "-" else value
    meant = value_named(text, name, strict=strict)
    written = write_config(environ, paths, [Put(name, meant)])
    _tell(written, f"{dotted(name)} = {orjson.dumps(shown_at(name, meant)).decode()}")


@config.command()
@click.argument("key")
@_FILE
def unset(key: str, file: Path | None) -> None:
    """Take one key out of the file, so that its default counts."""
    environ, paths, tree = _place(file)
    name = key_named(key, tree)
    _tell(write_config(environ, paths, [Take(name)]), f"{dotted(name)} is no longer set")


def _place(file: Path | None) -> tuple[Mapping[str, str], Paths, object]:
    """Of a file that is ours to change: a key that only we know may keep the original from starting."""
    from openclaw.migrate.looking import refuse_home_of_original

    environ = process_environment()
    paths = find_paths(environ, file)
    refuse_home_of_original(paths.state, paths.ledger)
    try:
        return environ, paths, parse(paths.config.read_bytes())
    except FileNotFoundError:
        return environ, paths, {}
    except (OSError, UnreadableError) as error:
        raise OpenClawError(f"{paths.config}: {error}; mend it first") from None


def _tell(written: Written, said: str) -> None:
    for problem in written.warnings:
        click.echo(f"warning: {problem}", err=True)
    from openclaw.settings.life.effects import changed_keys, hint

    changed = changed_keys(written.before.raw, written.after.raw)
    watched = written.before.settings.gateway.reload.mode != "off"
    when = hint(changed, watched=watched) if written.changed else "That was so already."
    click.echo(f"{said}. {when}")


@config.command()
@click.option(
    "--against",
    type=click.Choice(["defaults", "last-good", "running"]),
    help="Only what differs from: what is built in, the last file that could be used, the running assistant.",
)
@_FILE
@_JSON
def diff(against: str | None, file: Path | None, *, as_json: bool) -> int:
    """What differs from the defaults, and what the running assistant does not hold to (yet).

    With --against last-good or running it exits 1 where there is a difference.
    """
    loaded = load(process_environment(), config_path=file)
    mine = shown(loaded)
    if against == "last-good":
        return _tell_difference(
            list(differences(mine, shown(last_good(loaded)))), "last good", as_json=as_json
        )
    running = None if against == "defaults" else _running(loaded)
    news = None if running is None else list(differences(mine, running["config"]))
    if against == "running":
        if news is None:
            raise OpenClawError("no assistant is running; start it with: openclaw serve")
        return _tell_difference(news, "running", as_json=as_json)
    changed = list(differences(mine, shown_defaults()))
    if as_json:
        print_json({"defaults": _rows(changed, "default"), "running": news and _rows(news, "running")})
        return 0
    for each in changed:
        click.echo(f"{each.key}: {_short(each.value)} (default {_short(each.other)})")
    if not changed:
        click.echo("Everything is as built in.")
    if running is not None:
        _tell_running(loaded, running, news or [])
    return 0


def _tell_difference(found: list[Difference], other: str, *, as_json: bool) -> int:
    if as_json:
        print_json(_rows(found, other.replace(" ", "-")))
    for each in () if as_json else found:
        click.echo(f"{each.key}: {_short(each.value)} ({other}: {_short(each.other)})")
    if not found and not as_json:
        click.echo(
            f"No difference from what is {other}." if other == "running" else f"It is the {other} one."
        )
    return 1 if found else 0


def _tell_running(loaded: Loaded, running: Mapping[str, Any], news: list[Difference]) -> None:
    for each in news:
        click.echo(f"not yet running: {each.key}: {_short(each.value)} (runs with {_short(each.other)})")
    if waiting := running.get("restartRequired"):
        click.echo(f"{', '.join(waiting)} {'counts' if len(waiting) == 1 else 'count'} after a restart.")
    if fault := running.get("fault"):
        click.echo(f"The assistant does not take the file over: {fault}")
    elif not news:
        same = running.get("runningHash", running["hash"]) in ("", loaded.fingerprint)
        click.echo(
            "The assistant runs with this." if same else "The file has changed since the assistant read it."
        )


def _rows(found: list[Difference], other: str) -> list[dict[str, object]]:
    return [{"key": each.key, "value": each.value, other: each.other} for each in found]


def _running(loaded: Loaded) -> Mapping[str, Any] | None:
    """What the daemon answers; None when none runs."""
    from openclaw.cli.house import line
    from openclaw.cli.rpc import GatewayDownError

    try:
        with line(loaded) as connected:
            return connected.call("config.get", {})
    except GatewayDownError:
        return None


def _short(value: object) -> str:
    text = orjson.dumps(value).decode()
    return text if len(text) <= 100 else f"{text[:99]}…"
