"""`service`: what starts the assistant with the machine, and keeps it running."""

import shlex
import sys
from typing import TYPE_CHECKING

import click

from openclaw.cli.tables import print_json, printable
from openclaw.types.errors import OpenClawError

if TYPE_CHECKING:
    from openclaw.ops.supervisor.condition import Condition
    from openclaw.ops.supervisor.plan import Plan
    from openclaw.ops.supervisor.surroundings import Surroundings

_SYSTEM = click.option(
    "--system", is_flag=True, help="Of the whole machine instead of your own; root's to change."
)
_JSON = click.option("--json", "as_json", is_flag=True, help="For programs.")


@click.group()
def service() -> None:
    """What starts it with the machine and keeps it running: systemd or launchd."""


@service.command(short_help="Start it now and with the machine.")
@_SYSTEM
@click.option("--user", default="", help="With --system: as whom it runs.")
@click.option("--linger/--no-linger", default=True, help="Let it run while you are not logged in (systemd).")
@click.option("--dry-run", is_flag=True, help="Show what would be written and called, do nothing.")
def install(system: bool, user: str, linger: bool, dry_run: bool) -> None:
    """Start it now, and whenever the machine starts. Run again after an upgrade that moved the program."""
    from openclaw.ops.supervisor.install import install as put
    from openclaw.ops.supervisor.install import planned, refuse
    from openclaw.settings.environment import process_environment

    if system and not user:
        user = process_environment().get("SUDO_USER", "")
    around = _surroundings(user)
    if dry_run:
        refuse(around, system=system, user=user)
        _show(planned(around, system=system, user=user))
        return
    done = put(around, tell=_say, system=system, user=user, linger=linger)
    if done.done:
        click.echo("look after it with: openclaw service status | logs | restart | uninstall")
        return
    click.echo(
        "# Only root may do this; as root the same command does it. By hand: write the file, then call the rest."
    )
    _show(done.plan)


def _show(made: "Plan") -> None:
    click.echo(f"# {made.file}\n\n{made.content.decode().rstrip()}\n\n# then:")
    for command in made.start():
        click.echo(shlex.join(command))


@service.command(short_help="Stop it, and no longer start it.")
@_SYSTEM
def uninstall(system: bool) -> None:
    """Stop it, and no longer start it with the machine. What it knows stays."""
    from openclaw.ops.supervisor.install import uninstall as take

    take(_surroundings(), tell=_say, system=system)


@service.command(short_help="Stop it and start it again.")
@_SYSTEM
def restart(system: bool) -> None:
    """Stop it and start it again; messages under way are taken up afterwards."""
    from openclaw.ops.supervisor.install import restart as again

    made = again(_surroundings(), system=system)
    click.echo(f"started anew by {made.manager}")


@service.command(short_help="Whether it runs, and still fits.")
@_SYSTEM
@_JSON
def status(system: bool, as_json: bool) -> int:
    """Whether it runs, since when, and whether its file still fits. Exits 0 when it runs, else 1."""
    from dataclasses import asdict

    from openclaw.ops.supervisor.condition import condition

    found = condition(_surroundings(), system=system)
    if as_json:
        print_json(asdict(found))
    else:
        for line in told(found):
            click.echo(printable(line))
    return 0 if found.running else 1


def told(found: "Condition") -> list[str]:
    """Pure."""
    notes = [f"! {problem}" for problem in found.problems]
    if not found.manager:
        return ["service: none here", *notes]
    if not found.installed:
        return ["service: not installed", "install it with: openclaw service install", *notes]
    since = f" since {found.since}" if found.running and found.since else ""
    pid = f", pid {found.pid}" if found.pid else ""
    lines = [f"service: {found.state}{since}{pid}"]
    if found.starts_with_machine is not None:
        lines.append(f"starts with the machine: {'yes' if found.starts_with_machine else 'no'}")
    if found.restarts:
        lines.append(f"restarts by {found.manager}: {found.restarts}")
    if not found.running and found.last_exit:
        lines.append(f"last exit code: {found.last_exit}")
    return [*lines, f"file: {found.file}", *notes]


@service.command(short_help="What it said.")
@click.option("-n", "--lines", default=100, show_default=True, type=click.IntRange(1), help="How many.")
@click.option("-f", "--follow", is_flag=True, help="And what comes, until Ctrl-C.")
@_SYSTEM
def logs(lines: int, follow: bool, system: bool) -> int:
    """What it said since it was started by the service manager."""
    import shutil
    import subprocess

    from openclaw.ops.supervisor.install import planned

    around = _surroundings()
    if around.obstacle_to(system=system):
        raise OpenClawError(
            f"{around.obstacle}. What it said lies in {around.state / 'logs' / 'gateway.log'}"
        )
    name, *arguments = planned(around, system=system).logs(lines, follow=follow)
    program = shutil.which(name, path=around.environ.get("PATH"))
    if program is None:
        raise OpenClawError(f"there is no {name} here; look into {around.state / 'logs' / 'gateway.log'}")
    sys.stdout.flush()
    return subprocess.run([program, *arguments], env=dict(around.environ), check=False).returncode  # noqa: S603


def _surroundings(user: str = "") -> "Surroundings":
    from openclaw.ops.supervisor.surroundings import look
    from openclaw.settings.environment import process_environment

    return look(process_environment(), user=user)


def _say(text: str) -> None:
    click.echo(printable(text), err=text.startswith("warning:"))
