"""What a text says about being written to: keywords that carriers act on, and plain words that people use. Pure."""

import re
import unicodedata
from typing import Literal

Wish = Literal["stop", "stop_words", "start", "yes", "help"]
"""`stop_words`: in words of their own. `yes` means a start to someone who has opted out, and nothing otherwise."""

_KEYWORDS: dict[str, Wish] = {
    **dict.fromkeys(
        (
            "stop",
            "stopall",
            "stop all",
            "unsubscribe",
            "cancel",
            "end",
            "quit",
            "revoke",
            "optout",
            "opt out",
        ),
        "stop",
    ),
    **dict.fromkeys(("start", "unstop"), "start"),
    "yes": "yes",
    **dict.fromkeys(("help", "info"), "help"),
}
_ME = r"(?: me| us| this number| here)?"
_NOT, _SENT = r"(?:do not|don t|dont|never)", r"(?:texts?|messages?|sms|calls?)"
_PLAIN = re.compile(
    "|".join(
        (
            r"^(?:please |pls )?stop(?: please| pls| now| it| this| already)+$",
            rf"\b(?:stop|quit) (?:texting|messaging|contacting|calling|spamming|bothering|harassing){_ME}\b",
            r"\bstop (?:sending|writing)(?: to)? (?:me|us|these|this|messages|texts)\b",
            r"\b(?:do not|don t|dont|never) (?:ever )?(?:text|message|contact|call|write to|write) (?:me|us)\b",
            rf"\b{_NOT} (?:text|message|contact|call)(?: (?:this number|again|any ?more)|$)",
            rf"\b{_NOT} (?:want(?: to (?:get|receive))?|send me)(?: (?:any|more|your|these|this))* {_SENT}\b",
            rf"\bno more {_SENT}\b",
            r"\b(?:remove|take|delete) (?:me|us|my number|this number) (?:from|off)\b",
            r"^(?:please |pls )?(?:remove|unsubscribe) (?:me|us|my number)(?: please)?$",
            r"\b(?:unsubscribe|opt) (?:me|us)(?: out)?\b",
            r"\b(?:i want to|i d like to|please|let me) (?:opt out|unsubscribe)\b",
            r"\bleave (?:me|us) alone\b",
            r"\b(?:wrong|incorrect) (?:number|person)\b",
            r"\blose (?:my|this) number\b",
            r"\bno (?:mas|me escriban?|me llamen?)\b",
            r"^arret(?:ez)?$",
        )
    )
)
_ANGER = re.compile(
    r"\b(?:harass(?:ing|ment)?|my (?:lawyer|attorney)|sue you|suing|report(?:ed|ing)? (?:you|this)|fuck (?:off|you)"
    r"|piss off|go to hell|ftc|fcc|tcpa|scam(?:mer)?s?|do not call (?:list|registry))\b"
)
_ATTACHED = re.compile(r"^(?:<media:\w+>|\[attachment of [^\]]*\])$", re.MULTILINE)
"""Lines that stand for pictures and other files: they say nothing."""


def wish(text: str, *, spoken: bool = False) -> Wish | None:
    """`spoken`: on the telephone a single "stop" is said to whoever is talking."""
    said = plainly(_ATTACHED.sub("", text))
    if not spoken and (keyword := _KEYWORDS.get(said)) is not None:
        return keyword
    return "stop_words" if _PLAIN.search(said) else None


def is_angry(text: str) -> bool:
    return _ANGER.search(plainly(text)) is not None


def plainly(text: str) -> str:
    """Small letters without accents, single spaces between them, nothing else."""
    folded = unicodedata.normalize("NFKD", text.casefold())
    kept = (char if char.isalnum() else " " for char in folded if not unicodedata.combining(char))
    return " ".join("".join(kept).split())
