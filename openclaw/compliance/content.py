"""Gate response-generator: the words themselves, as they are going to leave."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator

from openclaw.compliance.plan import Plan
from openclaw.types.dealings import Dealings
from openclaw.types.sending import Facts, SendIntent, Verdict

GATE = "response-generator"
SENTENCES, CHARACTERS = 2, 320
LETTERS = 12
"""Fewer tell nothing of the language."""

_LEAK = re.compile(
    r"\{\{[^{}]*\}\}|\{%|\[(?:YOUR |THE )?(?:NAME|FIRST NAME|LAST NAME|COMPANY|DATE|TIME|ADDRESS|AMOUNT|LINK|PHONE)\]"
    r"|\bAs an AI\b|\bas a(?: large)? language model\b"
    r"|\"type\"\s*:\s*\"tool_(?:use|result)\"|\"tool_calls\"\s*:|<tool_(?:call|use)>|<function_calls?>"
    r"|<available_skills>|<skill name=|<<<(?:END_)?EXTERNAL_UNTRUSTED_CONTENT"
)
_SECRET = re.compile(
    r"sk-ant-[\w-]{6,}|\bsk-[A-Za-z0-9]{20,}|xox[abprs]-[\w-]{8,}|\bop://\S+|-----BEGIN [A-Z ]*PRIVATE KEY-----"
    r"|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{30,}"
)
_SOCIAL_SECURITY = re.compile(r"(?<![\d-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\d-])")
_CARD = re.compile(r"(?<![\d+-])[2-6](?:[ -]?\d){12,18}(?![\d-])")
_NEVER = re.compile(
    r"\b(?:porn(?:o|ography)?|xxx|escorts?|nudes|cocaine|heroin|meth|fentanyl|cannabis|marijuana|weed dispensary|kush"
    r"|cbd gummies|thc|white power|heil hitler)\b",
    re.IGNORECASE,
)
_NOT_ADVERTISED = re.compile(
    r"\b(?:vodka|whiske?y|tequila|rum|beers?|wines?|liquor|vap(?:e|es|ing)|cigarettes?|cigars?|tobacco|nicotine|hookah"
    r"|firearms?|handguns?|rifles?|guns?|ammo|ammunition|sexy)\b",
    re.IGNORECASE,
)
_MARKDOWN = re.compile(r"\*\*[^*]+\*\*|^#{1,6} |`[^`]+`|\[[^\]]+\]\(https?://", re.MULTILINE)
_POINTER = re.compile(r"\s*\([^()]*\)\s*$")


def plain_checks(intent: SendIntent, facts: Facts) -> Verdict | None:
    """What holds on every channel."""
    if not intent.text.strip():
        return Verdict("block", GATE, "empty")
    if any(secret and secret in intent.text for secret in facts.secrets):
        return Verdict("block", GATE, "secret")
    return None


def gate(intent: SendIntent, facts: Facts, plan: Plan) -> Iterator[Verdict]:
    text, dealings = intent.text, facts.dealings or Dealings()
    # A call may have no first words.
    if (refused := plain_checks(intent, facts)) and not (
        refused.code == "empty" and intent.to.channel == "voice"
    ):
        yield refused
    if _LEAK.search(text):
        yield Verdict("block", GATE, "leak")
    if _SECRET.search(text) or _SOCIAL_SECURITY.search(text) or any(map(_is_card, _CARD.findall(text))):
        yield Verdict("block", GATE, "secret")
    if _unwanted(text, plan):
        yield Verdict("block", GATE, "shaft")
    if _undisclosed(text, facts, plan, dealings):
        yield Verdict("hold", GATE, "missing_disclosure")
    if plan.aim != "owner" and any(pattern.search(text) for pattern in facts.rules.commitments):
        yield Verdict("hold", GATE, "commitment")
    if not plan.free and _foreign(text, dealings.thread.newest_text):
        yield Verdict("hold", GATE, "language")
    if intent.to.channel in facts.rules.overlay and intent.purpose == "reply" and _too_much(text, facts):
        yield Verdict("hold", GATE, "overlay")
    if intent.to.channel == "sms" and _MARKDOWN.search(text):
        yield Verdict("allow", GATE, "markdown")


def _unwanted(text: str, plan: Plan) -> bool:
    """Sex, hate, alcohol, firearms, tobacco: carriers drop the number that advertises them."""
    if plan.aim == "owner":
        return False
    return bool(_NEVER.search(text) or (plan.aim == "marketing" and _NOT_ADVERTISED.search(text)))


def _undisclosed(text: str, facts: Facts, plan: Plan, dealings: Dealings) -> bool:
    if plan.aim != "marketing" or dealings.counters.marketed_before:
        return False
    named = facts.rules.brand.casefold() in text.casefold()
    return not (named and re.search(r"\bstop\b", text, re.IGNORECASE))


def _is_card(digits: str) -> bool:
    """By its check digit."""
    numbers = [int(char) for char in reversed(digits) if char.isdigit()]
    return sum(n if i % 2 == 0 else sum(divmod(2 * n, 10)) for i, n in enumerate(numbers)) % 10 == 0


def _foreign(text: str, theirs: str) -> bool:
    """Judged by the script alone: nobody who writes in Latin letters should be answered in Cyrillic ones."""
    ours, read = _script(text), _script(theirs)
    return ours is not None and read is not None and ours != read


def _script(text: str) -> str | None:
    letters = [unicodedata.name(char, "").partition(" ")[0] for char in text if char.isalpha()]
    if len(letters) < LETTERS:
        return None
    # Japanese mixes three scripts, and two of them are nobody else's.
    names = Counter("CJK" if name in {"HIRAGANA", "KATAKANA"} else name for name in letters)
    return names.most_common(1)[0][0]


def _too_much(text: str, facts: Facts) -> bool:
    """What stands in brackets at the end points to the rest: it is no sentence."""
    return len(text) > CHARACTERS or facts.rules.sentences(_POINTER.sub("", text)) > SENTENCES
