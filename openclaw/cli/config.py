"""`openclaw config`: what the configuration says, and what is wrong with it."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import orjson

from openclaw.cli.tables import print_json
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
from openclaw.settings.loading import Loaded, load
from openclaw.settings.paths import Paths, find_paths
from openclaw.settings.problems import Problem, dotted
from openclaw.types.errors import OpenClawError

_FILE = click.option(
    "--config", "file", type=click.Path(path_type=Path), help="The config file, if not the usual one."
)
_JSON = click.option("--json", "as_json", is_flag=True, help="For programs.")


@click.group()
def config() -> None:
    """Check and read the configuration."""


@config.command()
@_FILE
@_JSON
def check(file: Path | None, *, as_json: bool) -> int:
    """Say what is wrong. Exits 0 when nothing is switched off by it, 1 when something is, 78 when it is unsafe."""
    loaded = load(process_environment(), config_path=file)
    unsafe = [
        Problem(error.key, "error", error.problem, error.mend)
        for error in insecurities(loaded.settings, revealing(loaded.environ))
    ]
    problems = [*unsafe, *loaded.problems]
    if as_json:
        print_json([{"key": p.key, "severity": p.severity, "text": p.text, "mend": p.mend} for p in problems])
    else:
        for problem in problems:
            click.echo(f"{problem.severity}: {problem}")
        click.echo(_summary(loaded, problems))
    if unsafe:
        return 78
    return 1 if any(problem.severity == "error" for problem in problems) else 0


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
    environ = process_environment()
    paths = find_paths(environ, file)
    try:
        return environ, paths, parse(paths.config.read_bytes())
    except FileNotFoundError:
        return environ, paths, {}
    except (OSError, UnreadableError) as error:
        raise OpenClawError(f"{paths.config}: {error}; mend it first") from None


def _tell(written: Written, said: str) -> None:
    for problem in written.warnings:
        click.echo(f"warning: {problem}", err=True)
    hint = "It counts when the assistant starts again." if written.changed else "That was so already."
    click.echo(f"{said}. {hint}")


@config.command()
@_FILE
@_JSON
def diff(file: Path | None, *, as_json: bool) -> None:
    """What differs from the defaults, and what the running assistant does not know yet."""
    loaded = load(process_environment(), config_path=file)
    mine = shown(loaded)
    changed = list(differences(mine, shown_defaults()))
    running = _running(loaded)
    news = None if running is None else list(differences(mine, running["config"]))
    if as_json:
        print_json({"defaults": _rows(changed, "default"), "running": news and _rows(news, "running")})
        return
    for each in changed:
        click.echo(f"{each.key}: {_short(each.value)} (default {_short(each.other)})")
    if not changed:
        click.echo("Everything is as built in.")
    if running is None:
        return
    for each in news or ():
        click.echo(f"not yet running: {each.key}: {_short(each.value)} (runs with {_short(each.other)})")
    if not news:
        same = running.get("runningHash", running["hash"]) in ("", loaded.fingerprint)
        click.echo(
            "The assistant runs with this." if same else "The file has changed since the assistant started."
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
