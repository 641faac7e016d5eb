"""The files that make a service manager run the daemon, filled in for this installation."""

import plistlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from openclaw.bundled import config_folder

UNIT = "openclaw.service"
PLIST = "ai.openclaw.gateway.plist"
HOME_MARK = "__HOME__"


@dataclass(frozen=True, slots=True)
class Installation:
    command: Sequence[str]
    """What starts the daemon: the absolute path of the program and its arguments."""
    home: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    """What differs from the defaults, `OPENCLAW_STATE_DIR` for instance. Never a secret: the files are readable."""


def bundled_unit() -> str:
    return (config_folder().parent / UNIT).read_text()


def bundled_plist() -> bytes:
    return (config_folder() / PLIST).read_bytes()


def render_unit(template: str, installation: Installation) -> str:
    """The unit for `~/.config/systemd/user/openclaw.service`."""
    # A $ is a variable in a command, and only there.
    command = " ".join(_quoted(word.replace("$", "$$")) for word in installation.command)
    variables = [_quoted(f"{name}={value}") for name, value in sorted(installation.environment.items())]
    lines = []
    for line in template.splitlines():
        if line.startswith("ExecStart="):
            lines += [f"Environment={variable}" for variable in variables]
            line = f"ExecStart={command}"
        lines.append(line)
    return "\n".join(lines) + "\n"


def render_plist(template: bytes, installation: Installation) -> bytes:
    """The agent for `~/Library/LaunchAgents/ai.openclaw.gateway.plist`."""
    agent = plistlib.loads(template.replace(HOME_MARK.encode(), str(installation.home).encode()))
    agent["ProgramArguments"] = list(installation.command)
    agent["EnvironmentVariables"] |= installation.environment
    return plistlib.dumps(agent)


def _quoted(word: str) -> str:
    """One word in systemd's own quoting; a single `%` would be expanded."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{escaped}"' if any(mark in escaped for mark in " '\"\\;") else escaped
