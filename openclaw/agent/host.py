"""What the machine is called, what it is, and where it thinks it is."""

import logging
import os
import shutil
import sys
from collections.abc import Mapping
from datetime import UTC, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from openclaw.agent.prompt import Runtime
from openclaw.agent.skills.manifest import Surroundings

logger = logging.getLogger(__name__)


def runtime(agent: str, model: str, name: str = "") -> Runtime:
    here = os.uname()
    return Runtime(agent, model, here.nodename, f"{here.sysname} {here.release} ({here.machine})", name)


def surroundings(environ: Mapping[str, str]) -> Surroundings:
    path = environ.get("PATH")
    present = {name for name, value in environ.items() if value}
    return Surroundings(sys.platform, lambda program: shutil.which(program, path=path) is not None, present)


def timezone_name(configured: str | None) -> str:
    """The configured zone, else the host's, else UTC. Reads the disk: call it at the start."""
    for name in (configured, _host_zone()):
        if name and _exists(name):
            return name
        if name:
            logger.warning("the time zone %r is not known here; it is not used", name)
    return "UTC"


def zone(name: str) -> tzinfo:
    return UTC if name == "UTC" else ZoneInfo(name)


def _host_zone() -> str | None:
    """Linux and macOS link /etc/localtime to a file below a folder `zoneinfo`."""
    try:
        _, found, name = str(Path("/etc/localtime").resolve()).rpartition("/zoneinfo/")
    except OSError:
        return None
    return name if found and name not in {"Etc/UTC", "UTC", "localtime"} else None


def _exists(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
