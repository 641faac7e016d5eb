"""How the service fares: installed or not, running or not, and whether its file still fits. Blocks."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from openclaw.ops.service import UNIT
from openclaw.ops.supervisor.install import lingers, planned
from openclaw.ops.supervisor.plan import Plan, command_in
from openclaw.ops.supervisor.programs import call
from openclaw.ops.supervisor.surroundings import Surroundings, is_fleeting, is_program

AGAIN = "openclaw service install"
_ASKED = "ActiveState,SubState,MainPID,ExecMainStatus,NRestarts,UnitFileState,ActiveEnterTimestamp,NeedDaemonReload"


@dataclass(frozen=True, slots=True)
class Condition:
    manager: str
    """Empty: there is none here."""
    file: str
    installed: bool
    running: bool = False
    state: str = ""
    """The manager's own word."""
    pid: int | None = None
    since: str = ""
    restarts: int | None = None
    last_exit: int | None = None
    starts_with_machine: bool | None = None
    problems: tuple[str, ...] = ()


def condition(around: Surroundings, *, system: bool = False) -> Condition:
    if around.manager is None or around.obstacle_to(system=system):
        return Condition("", "", installed=False, problems=(around.obstacle,))
    made = planned(around, system=system)
    there = made.file.read_bytes() if made.file.is_file() else None
    if there is None:
        return Condition(made.manager, str(made.file), installed=False)
    problems = tuple(stale(there, made, around))
    if made.manager == "launchd":
        return _of_launchd(made, around, problems)
    return _of_systemd(made, around, problems)


def stale(there: bytes, made: Plan, around: Surroundings) -> list[str]:
    """What no longer fits in a file that was written before."""
    command = command_in(there, made.manager)
    if not command:
        return [f"{made.file} does not say what it starts; write it anew with: {AGAIN}"]
    found = []
    if not is_program(Path(command[0])):
        found.append(f"it starts {command[0]}, which is not there any more; write it anew with: {AGAIN}")
    elif command != (*around.program, "serve"):
        mine = " ".join(around.program)
        found.append(f"it starts {' '.join(command)}, and you have called {mine}; to have that: {AGAIN}")
    elif there != made.content:
        found.append(
            f"{made.file} is not what this version would write; see the difference with: {AGAIN} --dry-run"
        )
    if is_fleeting(command[0]):
        found.append(
            f"{command[0]} lies where things are tidied up; install openclaw for good, then: {AGAIN}"
        )
    return found


def _of_systemd(made: Plan, around: Surroundings, problems: tuple[str, ...]) -> Condition:
    said = call(made.systemctl("show", UNIT, f"--property={_ASKED}"), around.environ, seconds=10)
    facts = dict(line.split("=", 1) for line in said.out.splitlines() if "=" in line)
    state = facts.get("ActiveState", "unknown")
    enabled = facts.get("UnitFileState") == "enabled"
    if facts.get("NeedDaemonReload") == "yes":
        problems += (
            f"systemd has not read the changed {made.file} yet: {' '.join(made.systemctl('daemon-reload'))}",
        )
    always = enabled
    if enabled and not made.system and not lingers(around):
        always = False
        problems += (f"it stops when you log out: sudo loginctl enable-linger {around.user}",)
    return Condition(
        made.manager, str(made.file), installed=True, running=state == "active", state=_state(facts),
        pid=_number(facts, "MainPID") or None, since=facts.get("ActiveEnterTimestamp", ""),
        restarts=_number(facts, "NRestarts"), last_exit=_number(facts, "ExecMainStatus"),
        starts_with_machine=always, problems=(*problems, *_said_by_exit(_number(facts, "ExecMainStatus"), state)),
    )  # fmt: skip


def _state(facts: Mapping[str, str]) -> str:
    state, detail = facts.get("ActiveState", "unknown"), facts.get("SubState", "")
    return f"{state} ({detail})" if detail and detail != state else state


def _of_launchd(made: Plan, around: Surroundings, problems: tuple[str, ...]) -> Condition:
    said = call(("launchctl", "print", made.target), around.environ, seconds=10)
    if not said.well:
        return Condition(made.manager, str(made.file), installed=True, state="not loaded", problems=problems)
    facts = launchd_facts(said.out)
    running = facts.get("state") == "running"
    last = _number(facts, "last exit code")
    return Condition(
        made.manager, str(made.file), installed=True, running=running, state=facts.get("state", "unknown"),
        pid=_number(facts, "pid"), restarts=_number(facts, "runs"), last_exit=last, starts_with_machine=made.system,
        problems=(*problems, *_said_by_exit(last, "active" if running else "failed")),
    )  # fmt: skip


def launchd_facts(text: str) -> dict[str, str]:
    """Pure. The outermost `name = value` lines; blocks inside have their own."""
    facts: dict[str, str] = {}
    depth = 0
    for line in text.splitlines():
        if line.rstrip().endswith("{"):
            depth += 1
        elif line.strip() == "}":
            depth -= 1
        elif depth == 1 and " = " in line:
            name, _, value = line.strip().partition(" = ")
            facts.setdefault(name, value)
    return facts


def _said_by_exit(code: int | None, state: str) -> list[str]:
    if state == "active":
        return []
    if code == 75:
        return ["another openclaw holds the state directory: stop that one, then: openclaw service restart"]
    if code == 78:
        return ["the configuration cannot be used: openclaw config check, then: openclaw service restart"]
    return []


def _number(facts: Mapping[str, str], name: str) -> int | None:
    text = facts.get(name, "")
    return int(text) if text.lstrip("-").isdigit() else None
