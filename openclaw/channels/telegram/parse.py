"""One update as Telegram wrote it → what the gateway takes in. Pure; never raises for what an update holds."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

from openclaw.channels.telegram.reading.called import BUTTON, Bot, called_by, is_for_another
from openclaw.channels.telegram.reading.fields import (
    LARGEST,
    MalformedError,
    display_name,
    in_range,
    object_of,
    one_line,
    string,
    whole,
)
from openclaw.channels.telegram.reading.files import attached, kind_of
from openclaw.channels.telegram.reading.membership import membership, told
from openclaw.channels.telegram.reading.quoted import passed_on_from, quoted
from openclaw.channels.telegram.reading.things import thing
from openclaw.types.messages import Address, Arrival, Attachment, ChatType, Inbound, Sender, Unusable

CHANNEL = "telegram"
_CHAT_TYPES: dict[str, ChatType] = {"private": "direct", "group": "group", "supergroup": "group"}
_LARGEST_DATE = 253_402_300_799
"""The last second of the year 9999."""


def read_update(raw: bytes, *, bot: Bot, account: str) -> Arrival:
    """`raw` is kept as it is."""
    update = _decoded(raw)
    number = update.get("update_id") if isinstance(update, dict) else None
    if not isinstance(update, dict) or not isinstance(number, int) or not _is_sequence(number):
        key = f"{CHANNEL}:{bot.id}:sha256:{hashlib.sha256(raw).hexdigest()}"
        return Arrival(
            key, CHANNEL, account, raw, Unusable("an update without a usable update_id", dead=True)
        )
    content = _content(update, bot, account)
    return Arrival(f"{CHANNEL}:{bot.id}:{number}", CHANNEL, account, raw, content, number)


def _is_sequence(number: int) -> bool:
    return number >= 0 and in_range(number, LARGEST)


def _decoded(raw: bytes) -> object:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None


def _content(update: dict[str, Any], bot: Bot, account: str) -> Inbound | Unusable:
    if "callback_query" in update:
        return _read(lambda: _press(object_of(update, "callback_query"), bot, account))
    if "edited_message" in update:
        return _read(lambda: _message(object_of(update, "edited_message"), bot, account, edit=True))
    if isinstance(change := update.get("my_chat_member"), dict) and (found := membership(change)):
        return Unusable(told(found))
    if "message" not in update:
        kind = next((name for name in update if name != "update_id"), "nothing")
        return Unusable(f"{kind.replace('_', ' ')[:40]}: only new messages are answered")
    return _read(lambda: _message(object_of(update, "message"), bot, account))


def _read(content: Callable[[], Inbound | Unusable]) -> Inbound | Unusable:
    try:
        return content()
    except MalformedError as error:
        return Unusable(f"a malformed message: {error}", dead=True)


def pressed(raw: bytes) -> str | None:
    """The id of a button's press, which its presser's app waits to have acknowledged."""
    # Most updates are none, and need not be read twice.
    update = _decoded(raw) if b"callback_query" in raw else None
    press = update.get("callback_query") if isinstance(update, dict) else None
    found = press.get("id") if isinstance(press, dict) else None
    return found if isinstance(found, str) and found else None


_PLACE = ("message_id", "chat", "date", "is_topic_message", "message_thread_id")
"""What a press takes over from the message that holds the button."""


def _press(press: dict[str, Any], bot: Bot, account: str) -> Inbound | Unusable:
    """The button's words, as if whoever pressed it had written them: an app may send any, as it may write any."""
    if not isinstance(press.get("message"), dict) or "data" not in press:
        return Unusable("a button that is none of ours")
    message, words = object_of(press, "message"), string(press, "data")
    place = {name: message[name] for name in _PLACE if name in message}
    return _message({**place, "from": object_of(press, "from"), "text": words}, bot, account, called=BUTTON)


def _message(
    message: dict[str, Any], bot: Bot, account: str, *, called: str = "", edit: bool = False
) -> Inbound | Unusable:
    chat = object_of(message, "chat")
    chat_id = whole(chat, "id")
    if (chat_type := _CHAT_TYPES.get(str(chat.get("type")))) is None:
        return Unusable("a post in a channel")
    if (reason := _unanswerable(message, bot)) is not None:
        return Unusable(reason)
    if edit and "location" in message:
        return Unusable("a live location that has moved")
    text = _text(message)
    if text is None:
        return Unusable("a service message, or of a kind that is not read")
    if not text.strip():
        return Unusable("an empty message")
    sender = _sender(message)
    origin = passed_on_from(message, sender.id)
    answered, files = (None, ()) if edit else (quoted(message, bot), attached(message))
    lent = () if files or answered is None or chat_type == "direct" else _shown_before(message)
    foreign = bool(lent) and answered is not None and answered.sender.id != sender.id
    return Inbound(
        channel=CHANNEL,
        sender=sender,
        text=text if origin is None else f"[passed on from {origin}]\n{text}",
        sent_at=whole(message, "date", most=_LARGEST_DATE) * 1000,
        account=account,
        chat_type=chat_type,
        reply_to=Address(CHANNEL, str(chat_id), account, _thread(message)),
        # A button stands below a message of the bot's, which is nobody's to be marked or changed.
        message_id="" if called == BUTTON else str(whole(message, "message_id")),
        files=files or lent,
        album=_album(message),
        quoted=answered,
        edit=edit,
        # Whoever passes words or pictures on has not said them.
        provenance="stranger" if foreign or origin is not None else None,
        called="" if chat_type == "direct" else called or called_by(message, bot),
    )


def _shown_before(message: dict[str, Any]) -> tuple[Attachment, ...]:
    """Who calls the assistant about a picture answers it, and in a group nobody has shown it to the model."""
    return attached(object_of(message, "reply_to_message"))


def _unanswerable(message: dict[str, Any], bot: Bot) -> str | None:
    if isinstance(moved := message.get("migrate_to_chat_id"), int):
        return f"this group has become the supergroup {moved}: name that one in channels.telegram.groups"
    if "sender_chat" in message:
        return None
    if "from" not in message:
        return "a message without a sender"
    if object_of(message, "from").get("is_bot") is True:
        return "sent by a bot"
    return "a command for another bot" if is_for_another(message, bot) else None


def _sender(message: dict[str, Any]) -> Sender:
    """A group's anonymous admins, and channels, speak as a chat: the user that is named then is nobody."""
    speaker = object_of(message, "sender_chat" if "sender_chat" in message else "from")
    return Sender(str(whole(speaker, "id")), display_name(speaker))


def _text(message: dict[str, Any]) -> str | None:
    """What was written; media stand as a placeholder before their caption."""
    if "text" in message:
        return string(message, "text")
    media = kind_of(message)
    if media is None:
        return thing(message)
    caption = string(message, "caption") if "caption" in message else ""
    return f"<media:{media}>\n{caption}".rstrip()


def _album(message: dict[str, Any]) -> str:
    group = message.get("media_group_id")
    return one_line(group) if isinstance(group, str) else ""


def _thread(message: dict[str, Any]) -> str | None:
    """Outside forum topics `message_thread_id` only marks a chain of replies, and nothing can be sent to it."""
    if message.get("is_topic_message") is not True:
        return None
    return str(whole(message, "message_thread_id"))
