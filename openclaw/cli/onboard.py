"""`onboard`: five questions, and the first answer."""

import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from openclaw.types.errors import OpenClawError

if TYPE_CHECKING:
    from openclaw.cli.onboarding.answers import Answers
    from openclaw.cli.onboarding.farewell import Met
    from openclaw.cli.onboarding.options import Options
    from openclaw.cli.onboarding.questions import Desk
    from openclaw.cli.onboarding.screen import Screen

_HINT = "Enter takes what stands in [brackets], < goes back. Nothing is written before the last answer."


@click.command()
@click.option(
    "--model-key", "key", help="The model's API key, a reference to it, `offline`, or - for standard input."
)
@click.option("--model", help="What answers, as provider/model.")
@click.option("--name", help="What it calls you.")
@click.option(
    "--telegram-token", "bot", help="Your bot's token, a reference to it, `none`, or - for standard input."
)
@click.option("--telegram-owner", "owner", help="Your number in Telegram: whom it obeys there.")
@click.option("--workspace", help="The folder that it works in.")
@click.option(
    "--boot/--no-boot", default=None, help="Run it as a service that starts with the machine, or not."
)
@click.option(
    "--non-interactive", "silent", is_flag=True, help="Ask nothing: what is not given stays as it is."
)
@click.option("--no-check", is_flag=True, help="Try neither the key nor the bot.")
@click.option("--no-hello", is_flag=True, help="No first message at the end.")
def onboard(silent: bool, no_check: bool, no_hello: bool, **given: str | bool | None) -> int:
    """Set your assistant up in five questions; again, to change what you answered.

    Nothing is written before the last answer, and only what you answered is changed. `<` goes back.
    """
    from openclaw.cli.onboarding.options import Options
    from openclaw.cli.onboarding.screen import Screen

    began, screen = time.monotonic(), Screen()
    options = Options.of(given)
    desk = _desk(screen, options, check=not no_check)
    answers = _answers(desk, options, silent=silent)
    _keep(desk, answers)
    started = _boot(desk, answers)
    met = _meet(desk, answers, started=started, say=not no_hello)
    if started and not met.running:
        screen.odd("The service was started and does not answer yet; see why with: openclaw service logs")
    _tell_the_end(screen, met, (time.monotonic() - began) * 1000, serves=started)
    return 1 if met.trouble else 0


def _desk(screen: "Screen", options: "Options", *, check: bool) -> "Desk":
    from openclaw.cli.house import load_settings
    from openclaw.cli.onboarding.finding import present
    from openclaw.cli.onboarding.probing import LiveProbes
    from openclaw.cli.onboarding.questions import Desk
    from openclaw.migrate.looking import refuse_home_of_original

    loaded = load_settings()
    refuse_home_of_original(loaded.paths.state, loaded.paths.ledger)
    home = Path(loaded.environ.get("HOME") or Path.home())
    probes = LiveProbes() if check else None
    return Desk(screen, present(loaded), probes, loaded.environ, home, options.model or "")


def _answers(desk: "Desk", options: "Options", *, silent: bool) -> "Answers":
    from openclaw.cli.onboarding.answers import MistakenError
    from openclaw.cli.onboarding.options import given_answers
    from openclaw.cli.onboarding.questions import QUESTIONS, interview, with_own_key

    try:
        answers = given_answers(desk, options)
        if not silent:
            desk.screen.title("OpenClaw, your own assistant", _HINT)
            asked = [each for each in QUESTIONS if not options.has(each.name)]
            answers = interview(desk, answers, asked)
        return with_own_key(desk, answers)
    except MistakenError as mistake:
        raise OpenClawError(f"{mistake} Nothing was changed.") from None
    except (click.Abort, KeyboardInterrupt):
        click.echo("\nNothing was changed.", err=True)
        raise


def _keep(desk: "Desk", answers: "Answers") -> None:
    from openclaw.cli.onboarding.keeping import keep
    from openclaw.settings.paths import find_paths

    with desk.screen.timed("writing it down"):
        told = keep(answers, desk.present, desk.environ, find_paths(desk.environ))
    desk.screen.blank()
    for line in told:
        desk.screen.good(line)
    if not told:
        desk.screen.good("Nothing had to be changed.")


def _boot(desk: "Desk", answers: "Answers") -> bool:
    """Whether a service has just been started."""
    from openclaw.ops.supervisor.install import install, uninstall
    from openclaw.ops.supervisor.programs import ServiceError
    from openclaw.ops.supervisor.surroundings import look

    try:
        if answers.boot:
            with desk.screen.timed("installing the service"):
                return install(look(desk.environ), tell=desk.screen.hint).done
        if answers.boot is False and desk.present.runs_at_boot:
            uninstall(look(desk.environ), tell=desk.screen.hint)
    except ServiceError as error:
        desk.screen.bad(f"The service: {error}")
    return False


def _meet(desk: "Desk", answers: "Answers", *, started: bool, say: bool) -> "Met":
    from openclaw.cli.onboarding.farewell import greeting, meet

    message = greeting(answers.name or desk.present.name) if say else ""
    if message:
        desk.screen.blank()
        desk.screen.hint(f"› {message}")
        desk.screen.blank()
    try:
        with desk.screen.timed("the first answer" if message else "making a link"):
            return meet(message, started=started)
    except KeyboardInterrupt:
        click.echo("\nEverything is set up; only the first message was broken off.", err=True)
        raise


def _tell_the_end(screen: "Screen", met: "Met", ms: float, *, serves: bool) -> None:
    screen.blank()
    if met.trouble:
        screen.bad(f"No answer came: {met.trouble}")
    if met.is_behind:
        screen.odd(
            "The assistant at work still goes by what was there before; it counts when it starts again."
        )
    screen.good(f"Set up in {screen.account(ms)}.")
    screen.blank()
    if met.link:
        when = (
            "works once, for ten minutes"
            if met.running
            else "works once, for ten minutes, as soon as it runs"
        )
        screen.pointer("your page", met.link, when)
    program = _as_typed()
    if not (met.running or serves):
        screen.pointer("start it", f"{program} serve")
    screen.pointer("talk to it", f"{program} chat")
    screen.pointer("see how it is", f"{program} status")


def _as_typed() -> str:
    """In a fresh checkout it lies in the virtual environment, where no shell looks for it."""
    typed = sys.argv[0]
    return typed if Path(typed).name == "openclaw" and shutil.which("openclaw") is None else "openclaw"
