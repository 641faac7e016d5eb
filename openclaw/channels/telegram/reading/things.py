"""Messages that hold no text and no file: a place, a person, a question. Pure; what is malformed is not read."""

from collections.abc import Callable, Mapping
from typing import Any

from openclaw.channels.telegram.reading.fields import display_name, one_line

_MOST = 300


def thing(message: dict[str, Any]) -> str | None:
    """In a line. A venue comes with its location as well, so it is looked for first."""
    for name, tell in _TELL.items():
        if isinstance(found := message.get(name), dict):
            return tell(found)
    return None


def _venue(venue: dict[str, Any]) -> str | None:
    place = _coordinates(venue.get("location"))
    return f"[venue: {_said(venue, 'title')}, {_said(venue, 'address')} ({place})]" if place else None


def _location(location: dict[str, Any]) -> str | None:
    place = _coordinates(location)
    return f"[{'live location' if 'live_period' in location else 'location'}: {place}]" if place else None


def _contact(contact: dict[str, Any]) -> str | None:
    number = _said(contact, "phone_number")
    return f"[contact: {display_name(contact)}, {number}]" if number else None


def _poll(poll: dict[str, Any]) -> str | None:
    options = poll.get("options")
    answers = (
        [_said(each, "text") for each in options if isinstance(each, dict)]
        if isinstance(options, list)
        else []
    )
    question = _said(poll, "question")
    return f"[poll: {question} | {' | '.join(answers)}]" if question else None


def _dice(dice: dict[str, Any]) -> str | None:
    value = dice.get("value")
    return f"[{_said(dice, 'emoji')} shows {value}]" if isinstance(value, int) else None


_TELL: Mapping[str, Callable[[dict[str, Any]], str | None]] = {
    "venue": _venue, "location": _location, "contact": _contact, "poll": _poll, "dice": _dice,
}  # fmt: skip


def _coordinates(location: object) -> str:
    if not isinstance(location, dict):
        return ""
    parts = [location.get("latitude"), location.get("longitude")]
    if not all(isinstance(part, int | float) and not isinstance(part, bool) for part in parts):
        return ""
    return ", ".join(f"{part:.6f}" for part in parts)


def _said(parent: dict[str, Any], name: str) -> str:
    value = parent.get(name)
    return one_line(value, _MOST) if isinstance(value, str) else ""
