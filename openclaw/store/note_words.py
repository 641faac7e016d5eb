"""Words of a text and of a question, made comparable: cases, accents, endings, languages without spaces. Pure."""

import math
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

SEPARATOR = "\x1f"
"""Between the characters of languages without spaces, so that each is a word to the index; taken out for people."""
MOST_TERMS = 16
LONGEST_QUERY = 1_000
HALF_LIFE_DAYS = 60

_DAY_MS = 24 * 3600 * 1000
_UNSPACED = (
    "\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\uff66-\uff9d\U00020000-\U0003ffff"
)
"""Thai and Lao, Tibetan, Burmese, Khmer, Kana, Han."""
_UNSPACED_CHARACTER = re.compile(f"(?<=[{_UNSPACED}])(?=\\w)|(?<=\\w)(?=[{_UNSPACED}])")
_VOWEL_SIGNS = "\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0963\u0966-\u0df3"
"""Hebrew, Arabic and the scripts of India: parts of a word that Python counts among what separates words."""
_WORD = re.compile(f"[{_UNSPACED}]+|(?:[^\\W_{_UNSPACED}]|[{_VOWEL_SIGNS}])+")
_ALONE = re.compile(f"[{_UNSPACED}]")
_CLUSTER = re.compile(r"\w\W*|\W+")
"""A character with the signs above and below it."""
_QUOTED = re.compile(r'["“„«]([^"“”„«»]+)["”“»]')
_APOSTROPHE = re.compile("['’]")
_ACCENTS = re.compile("[\u0300-\u036f]")
_SHORTEST_PREFIX = 3
_SHORTEST_ROOT = 4
_LONGEST_CHAIN = 4
"""Words that hang together without a space, as a date does: longer chains are taken apart."""
_COMMON_ENDINGS = (
    "ingly ations ments nesses ation ment ness edly ings ers ies ied ing est ely ed es er en ly s e y"
)
_ENDINGS = tuple(_COMMON_ENDINGS.split())
_SAYING_NOTHING = """
a about an and any are as at be been but by can did do does for from had has have he her him his how i if
in is it its me my of on or our she so than that the their them then there they this to was we were what
when where which who whom why will with would you your aber als am auch auf aus bei bin das dass dem den
der des die ein eine einen er es fur hat ich ihr im ist ja mein mir mit nicht noch oder sich sie sind und
uns unser vom von wann war warum welche wer wie wir wo zu zum zur au aux avec ce ces dans de du elle en
est et il je la le les leur ma mais mes mon ne nous ou par pas pour qu que qui sa ses son sur un une vous
al como con cual cuando donde el ella ellos era esta este fue hay las lo los mi no para pero por porque
quien se si sin su sus una y yo che chi ci dei del della di gli ho io lui nel non per sono tra dat deze
een het hoe hij ik naar niet ook op te uit van voor waar wat wij ze zijn
"""
_STOP_WORDS = frozenset(_SAYING_NOTHING.split())
"""Of English, German, French, Spanish, Italian and Dutch: a question has them, its answer need not."""


@dataclass(frozen=True, slots=True)
class Term:
    """What a question asks for: one word, or several that stand together."""

    words: tuple[str, ...]
    """As `flat` writes them; characters of a language without spaces are words of their own."""
    unspaced: bool = False

    @property
    def root(self) -> str:
        """What other forms of its last word begin with."""
        return root(self.words[-1])


def indexed(text: str) -> str:
    """The text as the index takes it; `shown` is the way back."""
    text = text.replace(SEPARATOR, "")
    return text if text.isascii() else _UNSPACED_CHARACTER.sub(SEPARATOR, unicodedata.normalize("NFC", text))


def shown(text: str) -> str:
    return text.replace(SEPARATOR, "")


def terms(query: str) -> tuple[Term, ...]:
    """Without repeats, and without words that say nothing, unless there are no others."""
    query = query[:LONGEST_QUERY]
    found = [_phrase(quoted) for quoted in _QUOTED.findall(query)]
    for chain in _QUOTED.sub(" ", query).split():
        pieces = _APOSTROPHE.split(chain)
        # Of `l'école` and `don't` the long part is what is asked for.
        for piece in [piece for piece in pieces if len(piece) > 2] or pieces:
            found += _chained(piece)
    telling = [term for term in found if term.words and not _says_nothing(term)]
    return tuple(dict.fromkeys(telling or [term for term in found if term.words]))[:MOST_TERMS]


def match_of(term: Term) -> str:
    """An FTS5 expression. Its strings hold letters and digits alone, so nothing of a question is syntax."""
    if term.unspaced:
        whole = _string(term.words)
        pairs = [_string(term.words[n : n + 2]) for n in range(len(term.words) - 1)]
        return " OR ".join(dict.fromkeys([whole, *pairs]))
    if len(term.words) > 1:
        return f"{_string(term.words)} *"
    (word,) = term.words
    if len(word) < _SHORTEST_PREFIX:
        return _string((word,))
    return " OR ".join(dict.fromkeys([_string((word,)), f"{_string((term.root,))} *"]))


def match_of_all(asked: Sequence[Term]) -> str:
    """Any of them; the whole question, word for word, counts once more."""
    parts = [f"({match_of(term)})" for term in asked]
    if len(asked) > 1:
        parts.append(_string([word for term in asked for word in term.words]))
    return " OR ".join(parts)


def flat(text: str) -> str:
    """The text's words, folded, with a space before and behind each."""
    words: list[str] = []
    for word in _WORD.findall(_fold(text)):
        words += _CLUSTER.findall(word) if _ALONE.match(word) else [word]
    return f" {' '.join(words)} "


def coverage(term: Term, words: str) -> float:
    """How well a text, made `flat`, holds what was asked for: from 0 to 1."""
    asked = " ".join(term.words)
    if f" {asked} " in words:
        return 1.0
    if term.unspaced:
        pairs = [f" {a} {b} " for a, b in zip(term.words, term.words[1:], strict=False)]
        return 0.8 * sum(pair in words for pair in pairs) / len(pairs) if pairs else 0.0
    if len(term.words) > 1:
        return 0.9 if f" {asked}" in words else 0.0
    if len(asked) < _SHORTEST_PREFIX:
        return 0.0
    return 0.9 if f" {asked}" in words else 0.8 if f" {term.root}" in words else 0.0


def weight(passages: int) -> float:
    """Of a term that so many passages hold: a rare word tells more than one that stands everywhere.

    One that stands nowhere may be mistyped, and weighs little.
    """
    return 1 / (1 + math.log1p(passages)) if passages else 0.3


def score(covered: float, relevance: float, at: int | None, now: int) -> float:
    """`covered` and `relevance` from 0 to 1. Age decides between passages that say about as much."""
    age = max(0, now - at) / _DAY_MS if at is not None else 0.0
    recency = math.exp2(-age / HALF_LIFE_DAYS)
    return covered * (0.75 + 0.15 * relevance + 0.10 * recency)


def root(word: str) -> str:
    """Not a linguist's: what is left without a common ending, and begins the word's other forms."""
    if len(word) <= _SHORTEST_ROOT or not word.isalpha():
        return word
    stem = next((word.removesuffix(e) for e in _ENDINGS if word.endswith(e) and _is_long(word, e)), word)
    if stem != word and stem.endswith("i") and len(stem) > _SHORTEST_ROOT:
        return stem[:-1]
    doubled = (
        stem != word and len(stem) > _SHORTEST_ROOT - 1 and stem[-1] == stem[-2] and stem[-1] not in "aeiouls"
    )
    return stem[:-1] if doubled else stem


def _is_long(word: str, ending: str) -> bool:
    return len(word) - len(ending) >= _SHORTEST_ROOT - (len(ending) > 2)


def _chained(chain: str) -> Iterable[Term]:
    """What stands between two spaces: mostly a word, sometimes a date, a path or a sentence without spaces."""
    words = _WORD.findall(_fold(chain))
    spaced = [word for word in words if not _ALONE.match(word)]
    if len(spaced) == len(words) and 1 < len(words) <= _LONGEST_CHAIN:
        return [Term(tuple(words))]
    return [
        Term(tuple(_CLUSTER.findall(word)), unspaced=True) if _ALONE.match(word) else Term((word,))
        for word in words
    ]


def _phrase(quoted: str) -> Term:
    words = flat(quoted).split()
    return Term(tuple(words[:MOST_TERMS]))


def _says_nothing(term: Term) -> bool:
    return len(term.words) == 1 and term.words[0] in _STOP_WORDS


def _string(words: Sequence[str]) -> str:
    return f'"{" ".join(words)}"'


def _fold(text: str) -> str:
    """As the index folds: case and accents."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFD", text.lower())))
