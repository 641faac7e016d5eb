"""What this machine starts programs with, and as whom."""

import os
import pwd
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from openclaw.ops.supervisor.programs import NOT_FOUND, Said, ServiceError, call
from openclaw.settings.environment import with_file
from openclaw.settings.paths import Paths, find_paths

Manager = Literal["systemd", "launchd"]

PASSED_ON = ("OPENCLAW_HOME", "OPENCLAW_STATE_DIR", "OPENCLAW_CONFIG_PATH", "OPENCLAW_GATEWAY_PORT")
"""Written into the service's file, so that it serves the same house. No secret is among them."""
_SECRETS = (
    "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "OPENAI_API_KEY", "TELEGRAM_BOT_TOKEN", "TWILIO_ACCOUNT_SID",
    "TWILIO_AUTH_TOKEN", "TWILIO_PHONE_NUMBER", "WHATSAPP_TOKEN", "WHATSAPP_APP_SECRET", "BRAVE_API_KEY",
    "OPENCLAW_GATEWAY_TOKEN",
)  # fmt: skip
_FLEETING = ("/tmp/", "/var/tmp/", "/private/tmp/", "/dev/shm/", "/.cache/")  # noqa: S108 - looked for, not used


@dataclass(frozen=True, slots=True)
class Surroundings:
    manager: Manager | None
    obstacle: str
    """Why it has no service for us, and what helps; with a manager: only services of the whole machine work."""
    user: str
    uid: int
    home: Path
    program: tuple[str, ...]
    """What `serve` is given to."""
    environment: Mapping[str, str]
    """What the service has to know."""
    environ: Mapping[str, str]
    """For the programs we call."""
    state: Path
    forgotten: tuple[str, ...] = ()
    """Variables of this shell that the service will not have."""

    @property
    def is_root(self) -> bool:
        return self.uid == 0

    def obstacle_to(self, *, system: bool) -> str:
        return "" if system and self.manager is not None else self.obstacle

    def config_home(self) -> Path:
        return Path(self.environ.get("XDG_CONFIG_HOME") or self.home / ".config")


def look(environ: Mapping[str, str], *, user: str = "", platform: str = sys.platform) -> Surroundings:
    """Asks the service manager whether it is there. `user`: whom root does it for. Blocks."""
    entry = _entry(user)
    home = Path(entry.pw_dir if user else environ.get("HOME") or entry.pw_dir)
    environ = with_runtime_folder({**environ, "HOME": str(home)}, entry.pw_uid)
    paths = find_paths(environ)
    manager, obstacle = _manager(environ, platform)
    return Surroundings(
        manager,
        obstacle,
        entry.pw_name,
        os.getuid(),
        home,
        program(sys.argv[0], sys.executable, is_program),
        passed_on(environ, paths, home),
        environ,
        paths.state,
        forgotten(environ, with_file({}, paths.environment)),
    )


def _entry(user: str) -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(user) if user else pwd.getpwuid(os.getuid())
    except KeyError:
        raise ServiceError(f"there is no user {user or os.getuid()} on this machine") from None


def with_runtime_folder(environ: Mapping[str, str], uid: int) -> Mapping[str, str]:
    """`su` and many SSH set-ups forget where the user's own systemd is reached."""
    folder = f"/run/user/{uid}"
    if environ.get("XDG_RUNTIME_DIR") or not Path(folder).is_dir():
        return environ
    return {**environ, "XDG_RUNTIME_DIR": folder}


def _manager(environ: Mapping[str, str], platform: str) -> tuple[Manager | None, str]:
    if platform == "darwin":
        return "launchd", ""
    if platform != "linux":
        return (
            None,
            f"services are installed on Linux and macOS, not on {platform}; start it with: openclaw serve",
        )
    return systemd(
        call(("systemctl", "--user", "is-system-running"), environ, seconds=10), _in_container(environ)
    )


def systemd(said: Said, container: bool) -> tuple[Manager | None, str]:
    """Pure. What `systemctl --user is-system-running` tells of it."""
    state = said.out.strip()
    if state in ("running", "degraded", "starting", "initializing", "maintenance", "stopping"):
        return "systemd", ""
    if said.code == NOT_FOUND or state == "offline" or "not been booted" in said.err:
        where = "this container" if container else "this machine"
        keep = (
            "let what runs the container keep it alive (docker run --restart unless-stopped … openclaw serve)"
            if container
            else "let what starts your programs here run: openclaw serve"
        )
        return None, f"no systemd starts programs in {where}; {keep}"
    return "systemd", (
        f"your own systemd is not reached ({said.words}): log in as yourself, not by su or sudo, or run"
        " `sudo loginctl enable-linger $USER` and log in again; `openclaw service install --system` does without it,"
        " and `openclaw serve` without any service"
    )


def _in_container(environ: Mapping[str, str]) -> bool:
    marks = ("/.dockerenv", "/run/.containerenv")
    return bool(environ.get("container")) or any(Path(mark).exists() for mark in marks)


def is_program(path: Path) -> bool:
    return path.is_file() and os.access(path, os.X_OK)


def program(called: str, python: str, is_there: Callable[[Path], bool]) -> tuple[str, ...]:
    """Pure. Links stay links: an upgrade moves what they point to."""
    name, beside = Path(called), Path(python).with_name("openclaw")
    if name.name == "openclaw" and is_there(name.absolute()):
        return (str(name.absolute()),)
    if is_there(beside):
        return (str(beside),)
    return (python, "-m", "openclaw")


def is_fleeting(path: str) -> bool:
    """Pure. A place that is tidied up by somebody, such as what `uvx` runs from."""
    return any(mark in path for mark in _FLEETING)


def passed_on(environ: Mapping[str, str], paths: Paths, home: Path) -> dict[str, str]:
    """Pure. Absolute, since a service does not start where this shell is."""
    found = {name: environ[name] for name in PASSED_ON if environ.get(name)}
    if "OPENCLAW_STATE_DIR" in found:
        found["OPENCLAW_STATE_DIR"] = str(paths.state)
    if "OPENCLAW_CONFIG_PATH" in found:
        found["OPENCLAW_CONFIG_PATH"] = str(paths.config)
    if "OPENCLAW_HOME" in found:
        found["OPENCLAW_HOME"] = str((home / found["OPENCLAW_HOME"]).absolute())
    return found


def forgotten(environ: Mapping[str, str], kept: Mapping[str, str]) -> tuple[str, ...]:
    """Pure. What this shell has, and neither the service's file nor `.env` will."""
    ours = [name for name in environ if name.startswith("OPENCLAW__") or name in _SECRETS]
    return tuple(sorted(name for name in ours if name not in kept))
