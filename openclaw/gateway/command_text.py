"""How a program's question about a command reads. Built from what would run alone, with all of it visible. Pure."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field

from openclaw.gateway.approval_text import SUMMARY, canonical, fitted, visible

COMMAND, LINE, NAME = 1_200, 400, 80
"""Characters that are shown; together they fit into one message of any chat."""


@dataclass(frozen=True, slots=True)
class Command:
    """As the program means to run it. All of it is the program's own word."""

    text: str
    argv: tuple[str, ...] = ()
    folder: str = ""
    program: str = ""
    host: str = ""
    node: str = ""
    agent: str = ""
    session_key: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    rest: Mapping[str, object] = field(default_factory=dict)
    """Bound to the answer, and not shown."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, as his connection proves it."""

    id: str
    name: str
    """Cleaned by `asker_name` of whatever he calls himself."""
    about: str = ""
    """What the name alone does not tell, in our own words."""


def asker_name(name: str) -> str:
    return fitted(visible(name.strip()), NAME)


def summary(command: Command, asker: Asker) -> str:
    return fitted(visible(f"command ({asker.name}): {command.text}"), SUMMARY)


def described(command: Command, asker: Asker) -> str:
    lines = [f"Asked by: {asker.name}{asker.about}. It runs the command itself; I do not.", "Command:"]
    lines += _quoted(command.text)
    if command.argv and shlex.join(command.argv) != command.text:
        lines += ["Its words, as the program splits them:", *_quoted(canonical(list(command.argv)))]
    told = {
        "In the folder": command.folder,
        "Program file": command.program,
        "On": ", ".join(filter(None, (command.host, command.node and f"node {command.node}"))),
        "Sets in the environment, by name": ", ".join(sorted(command.env)),
        "For, as it says": ", ".join(
            filter(None, (command.agent and f"agent {command.agent}", command.session_key))
        ),
    }
    return "\n".join(
        [*lines, *(f"{what}: {fitted(visible(text), LINE)}" for what, text in told.items() if text)]
    )


def without_values(command: Command) -> dict[str, object]:
    """What is kept of it: of the environment only the names."""
    kept: dict[str, object] = {
        "command": command.text, "commandArgv": list(command.argv), "cwd": command.folder,
        "resolvedPath": command.program, "host": command.host, "nodeId": command.node,
        "agentId": command.agent, "sessionKey": command.session_key, "env": sorted(command.env), **command.rest,
    }  # fmt: skip
    return {name: value for name, value in kept.items() if value}


def _quoted(text: str) -> list[str]:
    # Line by line: what would run cannot pass for a line of ours.
    return [f"> {line}" for line in fitted(visible(text, lines=True), COMMAND).split("\n")]
