"""What is written where, and what the service manager is told. Pure."""

import plistlib
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from openclaw.ops.service import PLIST, UNIT, Installation, render_plist, render_unit
from openclaw.ops.supervisor.programs import Command
from openclaw.ops.supervisor.surroundings import Manager, Surroundings

LABEL = "ai.openclaw.gateway"
_STANDARD = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_SYSTEM_HEAD = (
    "# OpenClaw as a service of the whole machine, written by `openclaw service install --system`.\n"
)


@dataclass(frozen=True, slots=True)
class Templates:
    unit: str
    plist: bytes


@dataclass(frozen=True, slots=True)
class Plan:
    manager: Manager
    system: bool
    """For the whole machine: it starts with it, whoever is logged in. Only root may write that."""
    user: str
    """As whom it runs."""
    file: Path
    content: bytes
    domain: str
    """launchd's word for where the agent lives."""

    @property
    def target(self) -> str:
        return f"{self.domain}/{LABEL}"

    def systemctl(self, *words: str) -> Command:
        return ("systemctl", *(() if self.system else ("--user",)), *words)

    def start(self) -> tuple[Command, ...]:
        """After the file is written; what runs already runs anew."""
        if self.manager == "launchd":
            return (
                ("launchctl", "enable", self.target),
                ("launchctl", "bootstrap", self.domain, str(self.file)),
            )
        return (
            self.systemctl("daemon-reload"),
            self.systemctl("enable", UNIT),
            self.systemctl("restart", UNIT),
        )

    def stop(self) -> Command:
        """Before the file is removed."""
        if self.manager == "launchd":
            return ("launchctl", "bootout", self.target)
        return self.systemctl("disable", "--now", UNIT)

    def restart(self) -> Command:
        if self.manager == "launchd":
            return ("launchctl", "kickstart", "-k", self.target)
        return self.systemctl("restart", UNIT)

    def logs(self, lines: int, *, follow: bool) -> Command:
        if self.manager == "launchd":
            out = str(plistlib.loads(self.content)["StandardOutPath"])
            return ("tail", "-n", str(lines), *(("-F",) if follow else ()), out)
        scope = ("-u", UNIT) if self.system else ("--user", "-u", UNIT)
        return (
            "journalctl",
            *scope,
            "-n",
            str(lines),
            "--no-pager",
            "-o",
            "cat",
            *(("-f",) if follow else ()),
        )


def plan(around: Surroundings, templates: Templates, *, system: bool = False, user: str = "") -> Plan:
    """`user`: as whom a service of the whole machine runs; without it, who asks."""
    manager, runs_as = around.manager or "systemd", (user if system and user else around.user)
    installation = Installation((*around.program, "serve"), around.home, environment(around, manager))
    if manager == "launchd":
        folder = Path("/Library/LaunchDaemons") if system else around.home / "Library/LaunchAgents"
        content = render_plist(templates.plist, installation)
        domain = "system" if system else f"gui/{around.uid}"
        return Plan(
            manager, system, runs_as, folder / PLIST, _as(content, runs_as) if system else content, domain
        )
    folder = Path("/etc/systemd/system") if system else around.config_home() / "systemd/user"
    unit = render_unit(templates.unit, installation)
    content = (of_the_machine(unit, runs_as) if system else unit).encode()
    return Plan(manager, system, runs_as, folder / UNIT, content, "")


def environment(around: Surroundings, manager: Manager) -> Mapping[str, str]:
    """With the places where people's own programs are, `npx` and `uvx` for MCP servers among them."""
    own = [str(Path(around.program[0]).parent), str(around.home / ".local/bin")]
    homebrew = ["/opt/homebrew/bin"] if manager == "launchd" else []
    places = dict.fromkeys([*own, *homebrew, *_STANDARD.split(":")])
    return {"PATH": ":".join(places), **around.environment}


def of_the_machine(unit: str, user: str) -> str:
    """A user's unit as one of the whole machine."""
    body = unit[unit.index("[Unit]") :]
    body = body.replace("\nExecStart=", f"\nUser={user}\nExecStart=", 1)
    return _SYSTEM_HEAD + "\n" + body.replace("WantedBy=default.target", "WantedBy=multi-user.target")


def _as(agent: bytes, user: str) -> bytes:
    return plistlib.dumps({**plistlib.loads(agent), "UserName": user})


def command_in(file: bytes, manager: Manager) -> tuple[str, ...]:
    """What a file that was written before starts; empty when it cannot be read."""
    try:
        if manager == "launchd":
            return tuple(str(word) for word in plistlib.loads(file)["ProgramArguments"])
        lines = file.decode().splitlines()
        (command,) = [line.removeprefix("ExecStart=") for line in lines if line.startswith("ExecStart=")]
        return tuple(word.replace("%%", "%").replace("$$", "$") for word in shlex.split(command))
    except (ValueError, KeyError, TypeError, plistlib.InvalidFileException):
        return ()
