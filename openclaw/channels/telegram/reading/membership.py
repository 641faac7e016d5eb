"""What became of the bot in a chat: let in, put out, blocked; and a group that has moved. Pure."""

import json
from dataclasses import dataclass
from typing import Any

from openclaw.channels.telegram.reading.fields import LARGEST, display_name, in_range

_OUT = frozenset({"kicked", "left"})


@dataclass(frozen=True, slots=True)
class Membership:
    chat: str
    private: bool
    title: str
    by: str
    """Who did it: a name and an id."""
    inside: bool
    """Whether the bot can write there now."""
    was_inside: bool


@dataclass(frozen=True, slots=True)
class Moved:
    """A group has become a supergroup, with another number."""

    chat: str
    to: str


def change_in(raw: bytes) -> Membership | Moved | None:
    # Most updates tell of neither, and need not be read twice.
    if b"my_chat_member" not in raw and b"migrate_to_chat_id" not in raw:
        return None
    try:
        update = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    if not isinstance(update, dict):
        return None
    if isinstance(change := update.get("my_chat_member"), dict):
        return membership(change)
    return _moved(update.get("message"))


def membership(change: dict[str, Any]) -> Membership | None:
    chat = _part(change, "chat")
    number = _number(chat.get("id"))
    if number is None:
        return None
    before, after = _part(change, "old_chat_member"), _part(change, "new_chat_member")
    who = _part(change, "from")
    return Membership(
        number,
        chat.get("type") == "private",
        display_name(chat),
        f"{display_name(who)} ({_number(who.get('id')) or 'unknown'})".lstrip(),
        _is_inside(after),
        _is_inside(before),
    )


def told(change: Membership) -> str:
    where = "a private chat" if change.private else f"the group {change.title or change.chat} ({change.chat})"
    if change.inside and not change.was_inside:
        return f"the bot was let into {where} by {change.by}"
    if change.was_inside and not change.inside:
        return f"the bot was put out of {where} by {change.by}"
    return f"what the bot may do in {where} was changed by {change.by}"


def _moved(message: object) -> Moved | None:
    if not isinstance(message, dict):
        return None
    chat, new = _number(_part(message, "chat").get("id")), _number(message.get("migrate_to_chat_id"))
    return Moved(chat, new) if chat is not None and new is not None else None


def _is_inside(member: dict[str, Any]) -> bool:
    status = member.get("status")
    if status == "restricted":
        # Somebody may be restricted and gone; and in some groups nobody but admins may write.
        return member.get("is_member") is not False and member.get("can_send_messages") is not False
    return isinstance(status, str) and status not in _OUT


def _part(parent: dict[str, Any], name: str) -> dict[str, Any]:
    value = parent.get(name)
    return value if isinstance(value, dict) else {}


def _number(value: object) -> str | None:
    return str(value) if isinstance(value, int) and in_range(value, LARGEST) else None
