"""Commands of the owner alone."""

from collections.abc import Mapping
from typing import Any, get_args

from openclaw.gateway.commands.parts import CommandParts
from openclaw.gateway.commands.settings import Followed
from openclaw.gateway.send_policy import SendSwitch, switched


def send(words: str, entry: Mapping[str, Any]) -> Followed:
    """Pure. Whether messages of this conversation are answered, whatever `session.sendPolicy` says."""
    said = words.strip().lower()
    for switch in get_args(SendSwitch):
        if said == switch:
            return Followed(f"Send: {said}.", {"sendPolicy": switched(entry, switch).get("sendPolicy")})
    now = {"allow": "on", "deny": "off"}.get(str(entry.get("sendPolicy")), "inherit")
    return Followed(f"Send: {now}. /send on|off|inherit")


def restart_refused(parts: CommandParts) -> str:
    """Empty when it may be done."""
    if not parts.config.restart:
        return "/restart is switched off: commands.restart is false."
    return "" if parts.restart is not None else "No daemon is running, so there is nothing to restart."
