"""Commands of the owner alone."""

from openclaw.gateway.commands.parts import CommandParts
from openclaw.gateway.commands.settings import Followed

SEND = {"on": "allow", "off": "deny", "inherit": None}


def send(words: str, now: object) -> Followed:
    """Pure. Whether messages of this conversation are answered, whatever `session.sendPolicy` says."""
    said = words.strip().lower()
    if said not in SEND:
        state = next((word for word, value in SEND.items() if value == now), "inherit")
        return Followed(f"Send: {state}. /send on|off|inherit")
    return Followed(f"Send: {said}.", {"sendPolicy": SEND[said]})


def restart_refused(parts: CommandParts) -> str:
    """Empty when it may be done."""
    if not parts.config.restart:
        return "/restart is switched off: commands.restart is false."
    return "" if parts.restart is not None else "No daemon is running, so there is nothing to restart."
