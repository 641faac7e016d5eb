"""What a text costs: carriers bill by the segment, and one character outside the old alphabet halves its size."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")
"""Two units each: an escape and the character."""

_LOOK_ALIKES = str.maketrans(
    {
        "‘": "'", "’": "'", "‚": "'", "‛": "'", "′": "'", "`": "'", "´": "'",
        "“": '"', "”": '"', "„": '"', "‟": '"', "″": '"', "«": '"', "»": '"',
        "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "―": "-", "−": "-",
        "…": "...", "•": "-", "‣": "-", "·": "-", "⁃": "-", "→": "->", "←": "<-", "×": "x",
        "\u00a0": " ", "\u2002": " ", "\u2003": " ", "\u2007": " ", "\u2009": " ", "\u200a": " ", "\u202f": " ",
        "\u200b": "", "\u2060": "", "\ufeff": "", "\u00ad": "", "\t": " ",
    }
)  # fmt: skip

Alphabet = Literal["gsm-7", "ucs-2"]


@dataclass(frozen=True, slots=True)
class Segments:
    alphabet: Alphabet
    count: int


def with_plain_characters(text: str) -> str:
    """Typographic characters as the alphabet of the telephone network has them, where nothing is lost."""
    return text.translate(_LOOK_ALIKES)


def segments(text: str) -> Segments:
    """As Twilio counts the body of one message. An empty one is one segment."""
    if all(character in _BASIC or character in _EXTENDED for character in text):
        return Segments("gsm-7", _count((1 + (character in _EXTENDED) for character in text), 160, 153))
    return Segments("ucs-2", _count((1 + (character > "\uffff") for character in text), 70, 67))


def _count(units: Iterable[int], single: int, joined: int) -> int:
    """Characters of two units are never cut in two."""
    sizes = list(units)
    if sum(sizes) <= single:
        return 1
    count, used = 1, 0
    for size in sizes:
        if used + size > joined:
            count, used = count + 1, 0
        used += size
    return count
