"""What is typed becomes an answer, or a mistake with a way out. Pure but for the secrets and folders it looks at."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

from openclaw.cli.onboarding.answers import MistakenError, Stated
from openclaw.types.errors import SecretError
from openclaw.types.secrets import Secret

OFFLINE = "offline"
NONE = "none"
MODELS = {
    "anthropic": "anthropic/claude-opus-4-6",
    "openai": "openai/gpt-6-sol",
    "openrouter": "openrouter/anthropic/claude-opus-4.6",
}
"""What answers where nothing else is said."""
_PREFIXES = (("sk-ant-", "anthropic"), ("sk-or-", "openrouter"), ("sk-", "openai"))
_BOT_TOKEN = re.compile(r"\d{5,}:[A-Za-z0-9_-]{30,}")
_NAME_LINE = re.compile(r"^(- Name:)[ \t]*(.*)$", re.MULTILINE)
MOST_NAME = 80


def stated(text: str, environ: Mapping[str, str]) -> Stated:
    """Raises MistakenError."""
    from openclaw.settings.references import is_reference, read_reference

    if not is_reference(text):
        return Stated("", Secret(text))
    try:
        return Stated(text, Secret(read_reference(text, environ)))
    except SecretError as error:
        raise MistakenError(str(error)) from None


def named_provider(text: str) -> tuple[str, str]:
    """`openai:KEY` names its vendor. Returns the vendor, or '', and the rest."""
    head, colon, rest = text.partition(":")
    return (head, rest) if colon and head in MODELS else ("", text)


def provider_of(value: str) -> str:
    """By how its vendor's keys begin. Raises MistakenError."""
    for prefix, provider in _PREFIXES:
        if value.startswith(prefix):
            return provider
    raise MistakenError(
        "this begins like no key that is known here. Put its vendor in front (anthropic:…, openai:…, openrouter:…),"
        f" or write {OFFLINE}."
    )


def bot_token(value: str) -> str:
    """Raises MistakenError."""
    if _BOT_TOKEN.fullmatch(value):
        return value
    raise MistakenError("a bot's token looks like 123456789:AA… (a number, a colon, 35 characters).")


def telegram_id(text: str) -> str:
    """Raises MistakenError: a name can change hands, the number cannot."""
    if text.isascii() and text.isdigit():
        return text
    raise MistakenError(f"{text!r} is no Telegram number: write digits alone, @userinfobot tells yours.")


def name(text: str) -> str:
    """Raises MistakenError."""
    cleaned = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    if len(cleaned) > MOST_NAME:
        raise MistakenError(f"that is long for a name; at most {MOST_NAME} characters.")
    return cleaned


def workspace(text: str, home: Path) -> Path:
    """Raises MistakenError for a place it could not use, or should not have."""
    path = (home / text[2:] if text.startswith("~/") else Path(text)).expanduser()
    if not path.is_absolute():
        raise MistakenError(f"{text!r} is not a whole path; begin it with / or ~/.")
    path = Path(os.path.normpath(path))
    if path == home or home.is_relative_to(path):
        raise MistakenError(f"{path} holds far more than the assistant's own files; give it a folder below.")
    standing = next(above for above in (path, *path.parents) if above.exists())
    if not standing.is_dir():
        raise MistakenError(f"{standing} is a file, not a folder.")
    if not os.access(standing, os.W_OK | os.X_OK):
        raise MistakenError(f"nothing can be written in {standing}; choose another place.")
    return path


def short(path: Path, home: Path) -> str:
    """`~/.openclaw/workspace`."""
    return f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path)


def yes(text: str) -> bool:
    """Raises MistakenError."""
    match text.strip().lower():
        case "y" | "yes" | "true" | "1":
            return True
        case "n" | "no" | "false" | "0":
            return False
        case _:
            raise MistakenError("answer yes or no.")


def name_in(user_file: str) -> str:
    """What the owner's page says he is called."""
    found = _NAME_LINE.search(user_file)
    return found[2].strip() if found else ""


def with_name(user_file: str, name: str) -> str:
    if _NAME_LINE.search(user_file):
        return _NAME_LINE.sub(lambda found: f"{found[1]} {name}", user_file, count=1)
    return f"{user_file.rstrip()}\n\n- Name: {name}\n".lstrip()


def tail(secret: str) -> str:
    """Enough to tell two keys apart, and not enough to use one."""
    return f"…{secret[-4:]}" if len(secret) >= 16 else "…"
