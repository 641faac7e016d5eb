"""`openclaw config`: what the configuration says, and what is wrong with it."""

from pathlib import Path
from typing import Any

import click

from openclaw.settings.environment import process_environment
from openclaw.settings.loading import Loaded, load
from openclaw.settings.model import ROOT
from openclaw.settings.problems import Problem, sounds_secret
from openclaw.settings.safety import insecurities, revealing
from openclaw.settings.shape import Shape
from openclaw.settings.unknown import nearest
from openclaw.types.errors import OpenClawError
from openclaw.types.secrets import SecretRef

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
        _print_json(
            [{"key": p.key, "severity": p.severity, "text": p.text, "mend": p.mend} for p in problems]
        )
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
        _print_json({"path": str(loaded_from), "exists": loaded_from.exists()})
    else:
        click.echo(str(loaded_from))


@config.command()
@click.argument("key", default="")
@_FILE
@_JSON
def get(key: str, file: Path | None, *, as_json: bool) -> None:
    """What KEY is, defaults and environment included; everything without KEY. Secrets are not shown."""
    settings = load(process_environment(), config_path=file).settings
    value = _at(_masked(settings.model_dump(mode="json", by_alias=True)), key)
    if as_json or isinstance(value, dict | list):
        _print_json(value)
    else:
        click.echo("null" if value is None else value if isinstance(value, str) else str(value).lower())


def _at(value: Any, key: str) -> Any:
    shape: Shape | None = ROOT
    for step in key.replace("[", ".").replace("]", "").split(".") if key else ():
        below = value
        if isinstance(value, dict):
            below = next((value[name] for name in value if name.casefold() == step.casefold()), _Absent)
        elif isinstance(value, list):
            below = value[int(step)] if step.isdecimal() and int(step) < len(value) else _Absent
        else:
            below = _Absent
        if below is _Absent:
            raise OpenClawError(_no_such_key(key, step, value, shape))
        shape = shape.child(int(step) if isinstance(value, list) else step) if shape else None
        value = below
    return value


def _masked(value: Any, name: str = "") -> Any:
    """Secrets' own fields mask themselves; this is for the maps that no model describes."""
    if isinstance(value, dict):
        return {key: _masked(item, key) for key, item in value.items()}
    if isinstance(value, list):
        return [_masked(item) for item in value]
    return "***" if isinstance(value, str) and sounds_secret(name) and SecretRef(value).is_plain else value


class _Absent:
    """Nothing stands there, not even null."""


def _no_such_key(key: str, step: str, value: Any, shape: Shape | None) -> str:
    names = list(value) if isinstance(value, dict) else list(shape.fields()) if shape else []
    likely = nearest(step, names)
    return f"{key}: there is no {step!r}. " + (
        f"Did you mean {likely!r}?" if likely else "Look with: openclaw config get"
    )


def _print_json(value: Any) -> None:
    import orjson

    click.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())
