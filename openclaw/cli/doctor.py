"""`doctor`: what is wrong, why it matters, and what mends it."""

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from openclaw.cli.findings import print_report, waiting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openclaw.doctor.checking import Check
    from openclaw.doctor.consultation import Report
    from openclaw.doctor.premises import Daemon
    from openclaw.settings.loading import Loaded

logger = logging.getLogger(__name__)


@click.command()
@click.option("--fix", is_flag=True, help="Mend what can be mended; nothing is thrown away.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.option("--all", "every", is_flag=True, help="Also what is well and worth knowing.")
@click.option("--offline", is_flag=True, help="Ask no provider.")
def doctor(*, fix: bool, as_json: bool, every: bool, offline: bool) -> int:
    """Look over everything: config, files, conversations, keys, channels, the machine.

    Works while the assistant runs and while it does not. Exits 0 when all is well, 1 with warnings, 2 with errors.
    """
    from openclaw.doctor.registry import CHECKS

    report = consulted(CHECKS, fix=fix, offline=offline)
    return print_report(report, as_json=as_json, every=every, name="doctor")


def consulted(checks: "Sequence[Check]", *, fix: bool, offline: bool) -> "Report":
    from functools import partial

    import anyio

    from openclaw.doctor.consultation import consult
    from openclaw.doctor.premises import Visit
    from openclaw.settings.environment import process_environment
    from openclaw.types.clock import SystemClock

    # Everything that matters becomes a finding; the rest would only stand between them.
    logging.getLogger("openclaw").addHandler(logging.NullHandler())
    visit = Visit(process_environment(), SystemClock(), who_answers, offline=offline)
    with waiting("Looking over everything …"):
        return anyio.run(partial(consult, visit, checks, fix=fix, call=_call))


def who_answers(loaded: "Loaded | None") -> "Daemon":
    """The running daemon, asked for what only it knows. Blocks."""
    from openclaw.cli.house import line
    from openclaw.cli.rpc import RefusedError
    from openclaw.doctor.premises import Alive, Mute
    from openclaw.types.errors import OpenClawError

    if loaded is None:
        return None
    try:
        with line(loaded) as connected:
            status = connected.call("status", {})
            return Alive(
                str(status.get("version", "")),
                str(status.get("stateDir", "")),
                status.get("channels", {}),
                connected.call("models.status", {}).get("profiles", []),
                connected.call("webhooks.list", {}).get("webhooks", []),
                connected.call("mcp.status", {}).get("servers", []),
                [str(each) for each in status.get("problems", [])],
            )
    except RefusedError as error:
        return Mute(str(error))
    except OpenClawError:
        # Nobody, or somebody who is not ours: who has the port is looked at with the ports.
        return None
    except Exception:
        # Whatever a stranger on the port does to us, the rest of the house is looked at.
        logger.exception("the gateway could not be asked")
        return None


def _call(method: str, params: Mapping[str, Any]) -> object:
    from openclaw.cli.house import line, load_settings

    with line(load_settings()) as connected:
        return connected.call(method, params)
