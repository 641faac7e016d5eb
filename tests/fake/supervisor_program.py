"""What `tests.fake.supervisor` lays on PATH. It is started often, so it imports next to nothing."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


PID = 4711


class Fake:
    def __init__(self, file: str) -> None:
        self.file = file
        self.facts = eval(read(file))

    def end(self, code: int = 0, out: str = "", err: str = "") -> NoReturn:
        with open(self.file, "w") as state:  # noqa: PTH123 - as below
            state.write(repr(self.facts))
        sys.stdout.write(out)
        sys.stderr.write(err)
        raise SystemExit(code)

    # -- systemd ---------------------------------------------------------------------------------------------

    def systemctl(self, words: list[str]) -> NoReturn:
        if not self.facts.get("booted", True):
            self.end(1, "offline\n", "System has not been booted with systemd as init system (PID 1).\n")
        if "--user" in words and not self.facts.get("bus", True):
            self.end(1, "", "Failed to connect to bus: No medium found\n")
        own = "--user" in words
        verb, *rest = [word for word in words if word != "--user"]
        folder = f"{os.environ['HOME']}/.config/systemd/user" if own else self.facts["system"]
        unit = f"{folder}/openclaw.service"
        match verb:
            case "is-system-running":
                self.end(0, "running\n")
            case "daemon-reload":
                self.facts["loaded"] = read(unit) if os.access(unit, os.F_OK) else None
                self.end()
            case "is-active":
                active = self.facts.get("active", False)
                self.end(0 if active else 3, "active\n" if active else "inactive\n")
            case "enable" | "restart":
                self._start(verb)
            case "disable":
                self.facts.update(enabled=False, active=False)
                self.end()
            case "reset-failed":
                self.end()
            case "show":
                self._show(unit, rest)
            case _:
                self.end(1, "", f"Unknown command verb {verb}.\n")

    def _start(self, verb: str) -> NoReturn:
        loaded = self.facts.get("loaded")
        if not loaded:
            self.end(5, "", "Failed to restart openclaw.service: Unit openclaw.service not found.\n")
        lines = dict(
            line.split("=", 1) for line in loaded.splitlines() if "=" in line and line[0] not in "#;"
        )
        program = lines["ExecStart"].split()[0]
        if not program.startswith("/"):
            self.end(
                1,
                "",
                "Failed to start openclaw.service: Unit openclaw.service has a bad unit file setting.\n",
            )
        if verb == "enable":
            self.facts["enabled"] = lines["WantedBy"]
            self.end()
        fails = not os.access(program, os.X_OK) or self.facts.get("exit")
        self.facts.update(active=not fails, starts=self.facts.get("starts", 0) + 1)
        if fails:
            self.end(
                1, "", "Job for openclaw.service failed because the control process exited with error code.\n"
            )
        self.end()

    def _show(self, unit: str, rest: list[str]) -> NoReturn:
        active = self.facts.get("active", False)
        stale = os.access(unit, os.F_OK) and self.facts.get("loaded") != read(unit)
        facts = {
            "ActiveState": "active" if active else "failed" if self.facts.get("exit") else "inactive",
            "SubState": "running" if active else "dead",
            "MainPID": PID if active else 0,
            "ExecMainStatus": self.facts.get("exit", 0),
            "NRestarts": 2,
            "UnitFileState": "enabled" if self.facts.get("enabled") else "disabled",
            "ActiveEnterTimestamp": "Sat 2026-02-28 09:00:00 UTC" if active else "",
            "NeedDaemonReload": "yes" if stale else "no",
        }
        asked = rest[-1].partition("=")[2].split(",")
        self.end(0, "".join(f"{name}={facts[name]}\n" for name in asked))

    def loginctl(self, words: list[str]) -> NoReturn:
        match words:
            case ["show-user", _, "--property=Linger"]:
                self.end(0, f"Linger={'yes' if self.facts.get('lingers') else 'no'}\n")
            case ["enable-linger", _] if self.facts.get("polkit", True):
                self.facts["lingers"] = True
                self.end()
        self.end(1, "", "Could not enable linger: Interactive authentication required.\n")

    def journalctl(self, words: list[str]) -> NoReturn:
        self.end(0, f"openclaw ready ({' '.join(words)})\n")

    # -- launchd ---------------------------------------------------------------------------------------------

    def launchctl(self, words: list[str]) -> NoReturn:
        agents = self.facts.setdefault("agents", {})
        match words:
            case ["print", target] if target in agents:
                self.end(0, PRINTED % (target, agents[target]["ProgramArguments"][0], PID))
            case ["print", _]:
                self.end(113, "", 'Could not find service "ai.openclaw.gateway" in domain for user gui\n')
            case ["enable", _]:
                self.end()
            case ["bootstrap", domain, file]:
                import plistlib  # most of a short program's life, for the few calls that need it

                agent = plistlib.loads(read(file).encode())
                target = f"{domain}/{agent['Label']}"
                if target in agents:
                    self.end(5, "", "Bootstrap failed: 5: Input/output error\n")
                agents[target] = agent
                self.end()
            case ["bootout", target] if target in agents:
                del agents[target]
                self.end()
            case ["kickstart", "-k", target] if target in agents:
                self.end()
        self.end(3, "", "Boot-out failed: 3: No such process\n")


def read(path: str) -> str:
    with open(path) as file:  # noqa: PTH123 - pathlib takes as long to load as all the rest
        return file.read()


PRINTED = """%s = {
	active count = 1
	path = /Users/ana/Library/LaunchAgents/ai.openclaw.gateway.plist
	type = LaunchAgent
	state = running

	program = %s
	environment = {
		state = of something else
	}

	runs = 3
	pid = %d
	last exit code = 0
}
"""


def main() -> NoReturn:
    _, state, name, *arguments = sys.argv
    fake = Fake(state)
    fake.facts.setdefault("calls", []).append(" ".join([name, *arguments]))
    getattr(fake, name)(arguments)
    raise SystemExit(0)
