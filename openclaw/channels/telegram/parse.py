"""One update as Telegram wrote it → what the gateway takes in. Pure; never raises for what an update holds."""

import hashlib
import json
import re
from typing import Any

from openclaw.types.messages import Address, Arrival, ChatType, Inbound, Sender, Unusable

CHANNEL = "telegram"
_MEDIA = ("photo", "video", "animation", "audio", "voice", "video_note", "sticker", "document")
"""An animation comes with a document of the same file: the more telling name is first."""
_CHAT_TYPES: dict[str, ChatType] = {"private": "direct", "group": "group", "supergroup": "group"}
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_LARGEST_SEQUENCE = 2**63 - 1
_LARGEST_DATE = 253_402_300_799
"""The last second of the year 9999."""
_LONGEST_NAME = 100


class _MalformedError(Exception):
    """A field is not what the Bot API says it is."""


def read_update(raw: bytes, *, bot: int, account: str) -> Arrival:
    """`raw` is kept as it is; `bot` is the bot's own user id."""
    update = _decoded(raw)
    number = update.get("update_id") if isinstance(update, dict) else None
    if not isinstance(update, dict) or not isinstance(number, int) or not _is_sequence(number):
        key = f"{CHANNEL}:{bot}:sha256:{hashlib.sha256(raw).hexdigest()}"
        return Arrival(
            key, CHANNEL, account, raw, Unusable("an update without a usable update_id", dead=True)
        )
    return Arrival(f"{CHANNEL}:{bot}:{number}", CHANNEL, account, raw, _content(update, account), number)


def _is_sequence(number: int) -> bool:
    return number >= 0 and _in_range(number, _LARGEST_SEQUENCE)


def _decoded(raw: bytes) -> object:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None


def _content(update: dict[str, Any], account: str) -> Inbound | Unusable:
    if "message" not in update:
        kind = next((name for name in update if name != "update_id"), "nothing")
        return Unusable(f"{kind.replace('_', ' ')[:40]}: only new messages are answered")
    try:
        return _message(_object(update, "message"), account)
    except _MalformedError as error:
        return Unusable(f"a malformed message: {error}", dead=True)


def _message(message: dict[str, Any], account: str) -> Inbound | Unusable:
    chat = _object(message, "chat")
    chat_id = _whole(chat, "id")
    if (chat_type := _CHAT_TYPES.get(str(chat.get("type")))) is None:
        return Unusable("a post in a channel")
    if "from" not in message:
        return Unusable("a message without a sender")
    sender = _object(message, "from")
    if sender.get("is_bot") is True:
        return Unusable("sent by a bot")
    text = _text(message)
    if text is None:
        return Unusable("a service message, or of a kind that is not read")
    if not text.strip():
        return Unusable("an empty message")
    return Inbound(
        channel=CHANNEL,
        sender=Sender(str(_whole(sender, "id")), _name(sender)),
        text=text,
        sent_at=_whole(message, "date", most=_LARGEST_DATE) * 1000,
        account=account,
        chat_type=chat_type,
        reply_to=Address(CHANNEL, str(chat_id), account, _thread(message)),
        message_id=str(_whole(message, "message_id")),
    )


def _text(message: dict[str, Any]) -> str | None:
    """What was written; media stand as a placeholder before their caption."""
    if "text" in message:
        return _string(message, "text")
    media = next((name for name in _MEDIA if name in message), None)
    if media is None:
        return None
    caption = _string(message, "caption") if "caption" in message else ""
    return f"<media:{media}>\n{caption}".rstrip()


def _thread(message: dict[str, Any]) -> str | None:
    """Outside forum topics `message_thread_id` only marks a chain of replies, and nothing can be sent to it."""
    if message.get("is_topic_message") is not True:
        return None
    return str(_whole(message, "message_thread_id"))


def _name(sender: dict[str, Any]) -> str:
    parts = (sender.get("first_name"), sender.get("last_name"))
    name = " ".join(part for part in parts if isinstance(part, str))
    return _LONE_SURROGATE.sub("\ufffd", " ".join(name.split()))[:_LONGEST_NAME]


def _object(parent: dict[str, Any], name: str) -> dict[str, Any]:
    value = parent.get(name)
    if not isinstance(value, dict):
        raise _MalformedError(f"{name} is not an object")
    return value


def _whole(parent: dict[str, Any], name: str, *, most: int = _LARGEST_SEQUENCE) -> int:
    value = parent.get(name)
    if not isinstance(value, int) or not _in_range(value, most):
        raise _MalformedError(f"{name} is not a whole number of a likely size")
    return value


def _in_range(value: int, most: int) -> bool:
    """`True` is an int in Python, and not an id."""
    return not isinstance(value, bool) and -most <= value <= most


def _string(parent: dict[str, Any], name: str) -> str:
    value = parent.get(name)
    if not isinstance(value, str):
        raise _MalformedError(f"{name} is not text")
    return _LONE_SURROGATE.sub("\ufffd", value)
