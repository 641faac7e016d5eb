"""Other programs of this machine, asked and told: `systemctl`, `loginctl`, `launchctl`. Blocks."""

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from openclaw.types.errors import OpenClawError

SECONDS = 90.0
"""Longer than a unit's TimeoutStartSec: `systemctl restart` waits until the daemon says that it is ready."""
NOT_FOUND, TOO_SLOW = 127, 124

Command = tuple[str, ...]


class ServiceError(OpenClawError):
    """The service manager said no, or there is none; the text is for the owner."""


@dataclass(frozen=True, slots=True)
class Said:
    code: int
    out: str
    err: str

    @property
    def well(self) -> bool:
        return self.code == 0

    @property
    def words(self) -> str:
        """Its own reason, in one line."""
        said = (self.err or self.out).strip().splitlines()
        return said[0].strip() if said else f"exit {self.code}"


def call(command: Sequence[str], environ: Mapping[str, str], *, seconds: float = SECONDS) -> Said:
    """What it says; a program that is not there says so too."""
    name, *arguments = command
    program = shutil.which(name, path=environ.get("PATH"))
    if program is None:
        return Said(NOT_FOUND, "", f"there is no {name} on this machine")
    try:
        done = subprocess.run(  # noqa: S603 - the names are our own, and there is no shell
            [program, *arguments],
            env={**environ, "LC_ALL": "C", "SYSTEMD_PAGER": "", "SYSTEMD_COLORS": "0"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Said(TOO_SLOW, "", f"{name} did not answer within {seconds:.0f} s")
    return Said(done.returncode, done.stdout, done.stderr)


def order(command: Sequence[str], environ: Mapping[str, str]) -> Said:
    """Raises ServiceError when it is not done."""
    said = call(command, environ)
    if not said.well:
        raise ServiceError(f"{' '.join(command)}: {said.words}")
    return said
