"""Commands of the owner alone."""

from collections.abc import Mapping
from typing import Any, get_args

from openclaw.gateway.commands.parts import CommandParts, ConfigDesk
from openclaw.gateway.commands.settings import Followed
from openclaw.gateway.send_policy import SendSwitch, switched
from openclaw.types.errors import OpenClawError
from openclaw.types.messages import ChatType

CONFIG_OFF = (
    "/config is switched off. Where I run, type: openclaw config set commands.config true\n"
    "Then write /restart here."
)
CONFIG_USAGE = "/config show [key] | get KEY | set KEY VALUE | unset KEY"


def send(words: str, entry: Mapping[str, Any]) -> Followed:
    """Pure. Whether messages of this conversation are answered, whatever `session.sendPolicy` says."""
    said = words.strip().lower()
    for switch in get_args(SendSwitch):
        if said == switch:
            return Followed(f"Send: {said}.", {"sendPolicy": switched(entry, switch).get("sendPolicy")})
    now = {"allow": "on", "deny": "off"}.get(str(entry.get("sendPolicy")), "inherit")
    return Followed(f"Send: {now}. /send on|off|inherit")


def activation(words: str, entry: Mapping[str, Any], chat_type: ChatType) -> Followed:
    """Pure. Whether every message of a group is for the assistant, or only those that name it."""
    if chat_type == "direct":
        return Followed("/activation is for groups; here I answer everything.")
    said = words.strip().lower()
    if said in {"mention", "always"}:
        return Followed(f"Activation: {said}.", {"groupActivation": said})
    return Followed(f"Activation: {entry.get('groupActivation', 'default')}. /activation mention|always")


def config_refused(parts: CommandParts, chat_type: ChatType) -> str:
    """Empty when it may be looked at and changed here."""
    if not parts.config.config:
        return CONFIG_OFF
    if chat_type != "direct":
        return "Ask me that where only the two of us read it."
    return "" if parts.config_desk is not None else "The config file cannot be reached from here."


async def config_answer(words: str, desk: ConfigDesk) -> str:
    try:
        return await _configured(words, desk)
    except OpenClawError as error:
        return str(error)


async def _configured(words: str, desk: ConfigDesk) -> str:
    action, key, value = (*words.split(maxsplit=2), "", "", "")[:3]
    match action.lower(), bool(key), bool(value):
        case ("show" | "", _, False):
            return await desk.show(key)
        case "get", True, False:
            return await desk.show(key)
        case "set", True, True:
            return await desk.put(key, value)
        case "set", True, False if "=" in key:
            return await desk.put(*(part.strip() for part in key.split("=", 1)))
        case "unset", True, False:
            return await desk.take(key)
        case _:
            return CONFIG_USAGE


def restart_refused(parts: CommandParts) -> str:
    """Empty when it may be done."""
    if not parts.config.restart:
        return "/restart is switched off: commands.restart is false."
    return "" if parts.restart is not None else "No daemon is running, so there is nothing to restart."
