"""`completion`: the shell completes commands, options, and what there is to name."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import click

from openclaw.types.errors import OpenClawError

SHELLS = ("bash", "zsh", "fish")


@dataclass(frozen=True, slots=True)
class Place:
    file: Path
    afterwards: str
    """What makes it count."""


@click.group()
def completion() -> None:
    """Scripts that make your shell complete this program's words."""


@completion.command()
def bash() -> None:
    """Print the script for bash."""
    click.echo(script("bash"), nl=False)


@completion.command()
def zsh() -> None:
    """Print the script for zsh."""
    click.echo(script("zsh"), nl=False)


@completion.command()
def fish() -> None:
    """Print the script for fish."""
    click.echo(script("fish"), nl=False)


@completion.command()
@click.argument("shell", type=click.Choice(SHELLS), required=False)
def install(shell: str | None) -> None:
    """Write the script to where SHELL looks for it; without SHELL, for the one you use."""
    from openclaw.settings.environment import process_environment

    environ = process_environment()
    name = shell or Path(environ.get("SHELL", "")).name
    if name not in SHELLS:
        raise OpenClawError(
            f"your shell ({name or 'unknown'}) is not known here; say which: {', '.join(SHELLS)}"
        )
    found, text = place(name, environ), script(name)
    is_there = found.file.exists() and found.file.read_text() == text
    if not is_there:
        try:
            found.file.parent.mkdir(parents=True, exist_ok=True)
            found.file.write_text(text)
        except OSError as error:
            raise OpenClawError(f"{found.file} cannot be written: {error.strerror or error}") from None
    click.echo(f"{found.file} {'is as it should be' if is_there else 'is written'}. {found.afterwards}")


def script(shell: str) -> str:
    from click.shell_completion import ShellComplete, get_completion_class

    from openclaw.cli.main import cli

    kind = get_completion_class(shell)
    assert kind is not None
    # The base's own: bash's would start a bash to ask for its version, and there may be none.
    return ShellComplete.source(kind(cli, {}, "openclaw", "_OPENCLAW_COMPLETE"))


def place(shell: str, environ: Mapping[str, str]) -> Place:
    """Pure."""
    home = Path(environ.get("HOME") or Path.home())
    data = Path(environ.get("XDG_DATA_HOME") or home / ".local/share")
    config = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    match shell:
        case "bash":
            file = data / "bash-completion/completions/openclaw"
            return Place(
                file,
                "It counts in a new shell, by way of the package bash-completion; without that package put"
                f" `source {file}` into ~/.bashrc.",
            )
        case "zsh":
            file = data / "zsh/site-functions/_openclaw"
            return Place(
                file,
                f"Once, put `fpath=({file.parent} $fpath); autoload -U compinit; compinit` into ~/.zshrc, above what"
                " calls compinit; it counts in a new shell.",
            )
        case _:
            return Place(config / "fish/completions/openclaw.fish", "It counts in a new shell.")
