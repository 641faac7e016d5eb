"""What Twilio is told to do next, as XML. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from xml.sax.saxutils import escape, quoteattr

HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
MAX_SAY = 4096
"""Twilio refuses more characters in one <Say>."""


@dataclass(frozen=True, slots=True)
class Verb:
    name: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    inside: "tuple[Verb, ...]" = ()


def document(verbs: Sequence[Verb]) -> bytes:
    body = "".join(map(_element, verbs))
    return f"{HEAD}<Response>{body}</Response>".encode()


def say(text: str, language: str, voice: str | None = None) -> Verb:
    attributes = {"language": language} | ({"voice": voice} if voice else {})
    return Verb("Say", attributes, text[:MAX_SAY])


def gather(action: str, language: str, inside: Sequence[Verb]) -> Verb:
    """Listens for speech and keys; what is said inside may be interrupted. Silence is reported as well."""
    attributes = {
        "input": "dtmf speech",
        "action": action,
        "method": "POST",
        "timeout": "5",
        "speechTimeout": "auto",
        "finishOnKey": "#",
        "actionOnEmptyResult": "true",
        "language": language,
    }
    return Verb("Gather", attributes, inside=tuple(inside))


def pause(seconds: int) -> Verb:
    return Verb("Pause", {"length": str(seconds)})


def redirect(url: str) -> Verb:
    return Verb("Redirect", {"method": "POST"}, url)


def dial(number: str, action: str, caller_id: str | None) -> Verb:
    attributes = {"action": action, "method": "POST", "timeout": "25", "answerOnBridge": "true"}
    return Verb("Dial", attributes | ({"callerId": caller_id} if caller_id else {}), number)


def hang_up() -> Verb:
    return Verb("Hangup")


def reject() -> Verb:
    """The call is not taken, and costs nothing."""
    return Verb("Reject", {"reason": "rejected"})


def _element(verb: Verb) -> str:
    attributes = "".join(f" {name}={quoteattr(_clean(value))}" for name, value in verb.attributes.items())
    inside = escape(_clean(verb.text)) + "".join(map(_element, verb.inside))
    return f"<{verb.name}{attributes}>{inside}</{verb.name}>" if inside else f"<{verb.name}{attributes}/>"


def _clean(text: str) -> str:
    """XML has no form at all for control characters, lone surrogates and the last two of a plane's base."""
    return "".join(char for char in text if char in "\t\n" or _is_xml(ord(char)))


def _is_xml(code: int) -> bool:
    return 0x20 <= code <= 0x7E or 0xA0 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code >= 0x10000


NOTHING = document(())
