"""Whether a message of a group is for this bot. Pure; what is malformed calls nobody."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

REPLY = "reply"
BUTTON = "button"


@dataclass(frozen=True, slots=True)
class Bot:
    """This bot, as Telegram knows it."""

    id: int
    username: str = ""
    hears_all: bool = True
    """False: in groups Telegram gives it only what names it, answers it, or begins with a slash."""


@dataclass(frozen=True, slots=True)
class _Mark:
    kind: str
    words: str
    offset: int
    user: object


def called_by(message: dict[str, Any], bot: Bot) -> str:
    """The words that name the bot, or how else it is meant; empty when it is not."""
    name = f"@{bot.username}".lower()
    for mark in _marks(message):
        words = mark.words.lower()
        if mark.kind == "mention" and bot.username and words == name:
            return mark.words
        if mark.kind == "bot_command" and bot.username and words.endswith(name):
            return name
        if mark.kind == "text_mention" and mark.user == bot.id:
            return mark.words
    return REPLY if _answers(message, bot) else ""


def is_for_another(message: dict[str, Any], bot: Bot) -> bool:
    """A command with the name of another bot."""
    for mark in _marks(message):
        if mark.kind == "bot_command" and mark.offset == 0:
            _, at, name = mark.words.partition("@")
            return bool(at) and name.lower() != bot.username.lower()
    return False


def _answers(message: dict[str, Any], bot: Bot) -> bool:
    answered = message.get("reply_to_message")
    if not isinstance(answered, dict) or "forum_topic_created" in answered:
        # Every message of a topic answers the one that opened it.
        return False
    author = answered.get("from")
    return isinstance(author, dict) and author.get("id") == bot.id


def _marks(message: dict[str, Any]) -> Iterator[_Mark]:
    part = "text" if "text" in message else "caption"
    text = message.get(part)
    marks = message.get("entities" if part == "text" else "caption_entities")
    if not isinstance(text, str) or not isinstance(marks, list):
        return
    # Offsets count UTF-16 units.
    units = text.encode("utf-16-le", "surrogatepass")
    for mark in marks:
        if not isinstance(mark, dict):
            continue
        offset, length, user = mark.get("offset"), mark.get("length"), mark.get("user")
        if isinstance(offset, int) and isinstance(length, int) and 0 <= offset <= offset + length:
            words = units[2 * offset : 2 * (offset + length)].decode("utf-16-le", "replace")
            yield _Mark(
                str(mark.get("type")), words, offset, user.get("id") if isinstance(user, dict) else None
            )
