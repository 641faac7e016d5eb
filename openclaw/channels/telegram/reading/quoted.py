"""What a message answers, quotes or passes on. Pure; what is malformed is not there."""

from typing import Any

from openclaw.channels.telegram.reading.called import Bot
from openclaw.channels.telegram.reading.fields import display_name, encodable, in_range, one_line
from openclaw.channels.telegram.reading.files import kind_of
from openclaw.types.messages import Quoted, Sender

MOST = 2000
"""Characters: enough to know what is meant."""


def quoted(message: dict[str, Any], bot: Bot) -> Quoted | None:
    answered = message.get("reply_to_message")
    if not isinstance(answered, dict) or "forum_topic_created" in answered:
        return None
    speaker = answered.get("sender_chat") or answered.get("from")
    author = speaker.get("id") if isinstance(speaker, dict) else None
    if not isinstance(speaker, dict) or not isinstance(author, int) or not in_range(author, 2**63 - 1):
        return None
    text = _passage(message) or _text(answered)
    if not text:
        return None
    return Quoted(Sender(str(author), display_name(speaker)), text[:MOST], own=author == bot.id)


def _passage(message: dict[str, Any]) -> str:
    """The part of it that its sender has marked."""
    quote = message.get("quote")
    text = quote.get("text") if isinstance(quote, dict) else None
    return encodable(text) if isinstance(text, str) else ""


def _text(answered: dict[str, Any]) -> str:
    for part in ("text", "caption"):
        if isinstance(text := answered.get(part), str):
            return encodable(text)
    kind = kind_of(answered)
    return f"<media:{kind}>" if kind else ""


def passed_on_from(message: dict[str, Any], sender: str) -> str | None:
    """Whose words a forwarded message holds; None for a message of its sender's own."""
    origin = message.get("forward_origin")
    if not isinstance(origin, dict):
        return None if "forward_date" not in message else "somebody"
    for part in ("sender_user", "sender_chat", "chat"):
        if isinstance(who := origin.get(part), dict):
            return None if str(who.get("id")) == sender else display_name(who) or "somebody"
    name = origin.get("sender_user_name")
    return one_line(name) if isinstance(name, str) and name.strip() else "somebody"
