"""How a question to the owner reads. Built from the act alone: nothing a model writes can shape it. Pure."""

import secrets
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from openclaw.agent.tools.base import Act, Scene
from openclaw.types.events import ApprovalOutcome
from openclaw.types.messages import Button, Part

TARGET, PAYLOAD, REST, SUMMARY = 400, 1_600, 600, 120
"""Characters that are shown; together they fit into one message of any chat."""
_CONSONANTS, _VOWELS = "bdfgklmnprstvz", "aeiou"
_SYLLABLES = 4
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")
"""Letters and marks by name, and nothing to see."""
_OUTCOMES: Mapping[ApprovalOutcome, str] = {
    "approved": "allowed once",
    "denied": "denied",
    "expired": "not answered in time, so it was not done",
    "withdrawn": "no longer asked",
}


@dataclass(frozen=True, slots=True)
class Deed:
    """A call as it is asked about."""

    tool: str
    arguments: Mapping[str, object]
    act: Act
    why: str


def spoken_id() -> str:
    """Easy to say and to type. No secret: it is worth nothing without the owner's own chat or token."""
    return "".join(secrets.choice(_CONSONANTS) + secrets.choice(_VOWELS) for _ in range(_SYLLABLES))


def canonical(arguments: object) -> str:
    return orjson.dumps(arguments, option=orjson.OPT_SORT_KEYS, default=str).decode()


def visible(text: str, *, lines: bool = False) -> str:
    """Whatever cannot be seen, or turns the direction of what can, by its number. `lines`: line ends stay."""
    kept = " \n" if lines else " "
    return "".join(char if char in kept or _is_seen(char) else _number(char) for char in text)


def _is_seen(char: str) -> bool:
    category = unicodedata.category(char)
    # Cc Cf Cs Co Cn: control, format (bidi, zero-width, tags), surrogates, private, unassigned. Z: any odd space.
    return (
        category[0] not in "CZ"
        and char not in _INVISIBLE
        and not ("\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef")
    )


def _number(char: str) -> str:
    return f"⟨U+{ord(char):04X}⟩"


def fitted(text: str, most: int) -> str:
    """The beginning and the end, with the count of what is left out between them."""
    if len(text) <= most:
        return text
    tail = most // 4
    left_out = len(text) - most
    return f"{text[: most - tail]} […{left_out:,} characters are left out here…] {text[-tail:]}"


def described(deed: Deed, scene: Scene) -> str:
    act = deed.act
    lines = [f"Tool: {visible(deed.tool)} ({act.kind.value})", f"Asked by: {visible(_asker(scene))}"]
    lines.append(f"Why I ask: {visible(deed.why)}")
    if act.target and act.target != deed.tool:
        lines.append(f"What: {_short(act.target, TARGET)}")
    if act.payload:
        # Quoted line by line: words that would leave cannot pass for a line of ours.
        quoted = fitted(visible(act.payload, lines=True), PAYLOAD).split("\n")
        lines += ["Words:", *(f"> {line}" for line in quoted)]
    if rest := _rest(deed):
        lines.append(f"With: {_short(canonical(rest), REST)}")
    return "\n".join(lines)


def summary(deed: Deed) -> str:
    words = deed.act.target or deed.act.payload
    return _short(
        f"{deed.tool} ({deed.act.kind.value}): {words}" if words != deed.tool else deed.tool, SUMMARY
    )


def question_part(approval_id: str, text: str, minutes: float, asks: str = "may I do this, once?") -> Part:
    allow, deny = f"/approve {approval_id} allow", f"/approve {approval_id} deny"
    asked = (
        f"Approval {approval_id}: {asks}\n\n{text}\n\n{allow}\n{deny}\n"
        f"Without an answer within {_span(minutes)} it is a no."
    )
    return Part(asked, buttons=(Button("Allow once", allow), Button("Deny", deny)))


def _span(minutes: float) -> str:
    whole = minutes == int(minutes)
    count, unit = (int(minutes), "minute") if whole else (max(1, round(minutes * 60)), "second")
    return f"{count} {unit}{'' if count == 1 else 's'}"


def told_part(approval_id: str, text: str, outcome: ApprovalOutcome, by: str) -> Part:
    who = f" by {visible(by)}" if by else ""
    return Part(f"Approval {approval_id}: {_OUTCOMES[outcome]}{who}.\n\n{text}")


def _asker(scene: Scene) -> str:
    sender = scene.sender or "nobody"
    return f"{sender}, my {scene.role}, in {scene.session_key}"


def _short(text: str, most: int) -> str:
    return fitted(visible(text), most)


def _rest(deed: Deed) -> Mapping[str, object]:
    """The arguments that target and payload do not show word for word."""
    act = deed.act
    if act.payload == canonical(deed.arguments):
        return {}
    return {name: value for name, value in deed.arguments.items() if value not in (act.target, act.payload)}
