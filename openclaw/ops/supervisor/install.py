"""The service is installed, taken out and started anew. Blocks.

around = look(environ, paths)
install(around, tell=click.echo)        # raises ServiceError with words for the owner
"""

import difflib
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from openclaw.files import write_atomically
from openclaw.ops.service import UNIT, bundled_plist, bundled_unit
from openclaw.ops.state_lock import holder
from openclaw.ops.supervisor.plan import Plan, Templates, command_in, plan
from openclaw.ops.supervisor.programs import Said, ServiceError, call, order
from openclaw.ops.supervisor.surroundings import Surroundings, is_fleeting

Tell = Callable[[str], object]

UNLOAD_SECONDS = 20.0
_POLL = 0.25


@dataclass(frozen=True, slots=True)
class Installed:
    plan: Plan
    done: bool
    """False: only root may, and nothing was done."""
    changed: bool
    """The file was written; else it was as it should be."""
    lingers: bool | None
    """It runs while nobody is logged in; None where that is no question."""


def planned(around: Surroundings, *, system: bool = False, user: str = "") -> Plan:
    return plan(around, Templates(bundled_unit(), bundled_plist()), system=system, user=user)


def install(
    around: Surroundings, *, tell: Tell, system: bool = False, user: str = "", linger: bool = True
) -> Installed:
    """Written, started, and started again with the machine. Again and again: the same. Raises ServiceError."""
    refuse(around, system=system, user=user)
    made = planned(around, system=system, user=user)
    if system and not around.is_root:
        return Installed(made, done=False, changed=False, lingers=None)
    _warn(around, tell)
    _refuse_a_stranger(around, made)
    changed = _write(made, tell)
    if changed or not is_running(made, around):
        _start(made, around)
        tell(f"started by {made.manager}")
    else:
        tell("it runs already; nothing had to be done")
    lingers = None if system or made.manager != "systemd" else _linger(around, tell, wanted=linger)
    return Installed(made, done=True, changed=changed, lingers=lingers)


def refuse(around: Surroundings, *, system: bool, user: str) -> None:
    """Raises ServiceError where it cannot be, and says what can."""
    if obstacle := around.obstacle_to(system=system):
        raise ServiceError(f"no service is installed: {obstacle}")
    if around.is_root and not system and around.environ.get("SUDO_USER"):
        raise ServiceError(
            "under sudo this would be root's own service: run it without sudo, or add --system to have one for the"
            f" whole machine, run as {around.environ['SUDO_USER']}"
        )
    if system and around.is_root and user in ("", "root"):
        raise ServiceError(
            "say as whom it runs: openclaw service install --system --user NAME, and not as root"
        )


def _warn(around: Surroundings, tell: Tell) -> None:
    if is_fleeting(around.program[0]):
        tell(
            f"warning: {around.program[0]} lies where things are tidied up; install openclaw for good"
            " (pipx install, uv tool install), then run this again"
        )
    if around.forgotten:
        tell(
            f"warning: the service will not have {', '.join(around.forgotten)} of this shell;"
            f" put what it needs into {around.state / '.env'} (chmod 600)"
        )


def _refuse_a_stranger(around: Surroundings, made: Plan) -> None:
    """A daemon that was started by hand holds the state, and ours would end at once."""
    pid = holder(around.state)
    if pid is not None and not is_running(made, around):
        raise ServiceError(
            f"an openclaw that was started by hand runs already (pid {pid}): stop it with `kill {pid}`,"
            " then run this again"
        )


def _write(made: Plan, tell: Tell) -> bool:
    before = made.file.read_bytes() if made.file.is_file() else None
    if before == made.content:
        tell(f"{made.file} is as it should be")
        return False
    try:
        made.file.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        if before is not None:
            shutil.copy2(made.file, made.file.with_name(f"{made.file.name}.before"))
        write_atomically(made.file, made.content, mode=0o644)
    except OSError as error:
        raise ServiceError(f"{made.file} cannot be written: {error.strerror or error}") from None
    kept = "" if before is None else f"; what was there is kept as {made.file.name}.before"
    tell(f"wrote {made.file}{kept}")
    for line in changes(before, made):
        tell(f"  {line}")
    return True


def changes(before: bytes | None, made: Plan) -> list[str]:
    """Pure. What a new file starts, or what an old one says otherwise now."""
    if before is None:
        return [f"starts {' '.join(command_in(made.content, made.manager))}, as {made.user}"]
    old, new = (text.decode(errors="replace").splitlines() for text in (before, made.content))
    changed = difflib.unified_diff(old, new, lineterm="", n=0)
    return [line for line in changed if line[:1] in "+-" and line[:3] not in ("+++", "---")]


def is_running(made: Plan, around: Surroundings) -> bool:
    if made.manager == "launchd":
        return call(("launchctl", "print", made.target), around.environ, seconds=10).well
    return call(made.systemctl("is-active", UNIT), around.environ, seconds=10).well


def _start(made: Plan, around: Surroundings) -> None:
    if made.manager == "launchd":
        _unload(made, around)
        # As whom it runs, so that launchd does not make it as somebody else.
        (Path(around.home) / "Library/Logs").mkdir(parents=True, exist_ok=True)
    for command in made.start():
        said = call(command, around.environ)
        if not said.well:
            raise ServiceError(f"{' '.join(command)}: {said.words}; {_where_to_look(made)}")


def _where_to_look(made: Plan) -> str:
    return f"see why with: openclaw service logs{' --system' if made.system else ''}"


def _unload(made: Plan, around: Surroundings) -> Said | None:
    """`bootout` returns before the daemon has ended, and a `bootstrap` that comes too early fails."""
    if not is_running(made, around):
        return None
    said = order(made.stop(), around.environ)
    patience = threading.Event()
    for _ in range(int(UNLOAD_SECONDS / _POLL)):
        if not is_running(made, around):
            return said
        patience.wait(_POLL)
    raise ServiceError(f"launchd has not let go of {made.target} in {UNLOAD_SECONDS:.0f} s; try again")


# -- lingering ----------------------------------------------------------------------------------------------


def lingers(around: Surroundings) -> bool | None:
    """Whether systemd keeps this user's services while he is not logged in; None: it cannot be asked."""
    said = call(("loginctl", "show-user", around.user, "--property=Linger"), around.environ, seconds=10)
    if said.well and "=" in said.out:
        return said.out.strip().endswith("=yes")
    # loginctl knows nothing of a user who has never been logged in; the mark is there all the same.
    mark = Path("/var/lib/systemd/linger") / around.user
    return True if mark.exists() else None


def _linger(around: Surroundings, tell: Tell, *, wanted: bool) -> bool | None:
    if lingers(around):
        return True
    if wanted and call(("loginctl", "enable-linger", around.user), around.environ, seconds=30).well:
        tell("lingering is on: it also runs while you are not logged in, and starts with the machine")
        return True
    tell(
        "systemd stops your services when you log out, and starts them only when you log in. To have this one run"
        f" always: sudo loginctl enable-linger {around.user}"
    )
    return False


# -- taking out, starting anew ------------------------------------------------------------------------------


def uninstall(around: Surroundings, *, tell: Tell, system: bool = False) -> bool:
    """The house itself stays as it is. False: there was nothing. Raises ServiceError."""
    made = _reached(around, system=system)
    if not made.file.exists():
        tell(f"no service is installed ({made.file} is not there)")
        return False
    if made.manager == "launchd":
        _unload(made, around)
    else:
        order(made.stop(), around.environ)
    made.file.unlink()
    if made.manager == "systemd":
        order(made.systemctl("daemon-reload"), around.environ)
        call(made.systemctl("reset-failed", UNIT), around.environ, seconds=10)
    tell(f"stopped, and removed {made.file}; {around.state} is as it was")
    return True


def restart(around: Surroundings, *, system: bool = False) -> Plan:
    """Raises ServiceError."""
    made = _reached(around, system=system)
    if not made.file.exists():
        raise ServiceError("no service is installed; install it with: openclaw service install")
    if made.manager == "launchd" and not is_running(made, around):
        _start(made, around)  # it was booted out, and `kickstart` knows only what is loaded
        return made
    said = call(made.restart(), around.environ)
    if not said.well:
        raise ServiceError(f"{' '.join(made.restart())}: {said.words}; {_where_to_look(made)}")
    return made


def _reached(around: Surroundings, *, system: bool) -> Plan:
    if obstacle := around.obstacle_to(system=system):
        raise ServiceError(obstacle)
    if system and not around.is_root:
        raise ServiceError("only root may do that: run it again with sudo")
    return planned(around, system=system)
