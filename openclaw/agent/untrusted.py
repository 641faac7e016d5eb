"""Words from outside, marked as such for the model. For quality; what they may cause is decided elsewhere, by taint."""

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

MARKER = "EXTERNAL_UNTRUSTED_CONTENT"
SOURCE_LIMIT = 300

_NAME = "externaiuntrustedcontent"
"""The marker as `_fold` sees it: l, 1 and capital I are one letter."""
_PAIRS = (
    "0o 1i 3e 4a 5s 7t |i $s @a аa вb еe ёe зe іi кk ӏi мm нh оo пn рp сc ѕs тt уy хx ԁd һh ոn սu цu гr "
    "αa βb εe ηn ιi κk νn οo πn ρp τt υu χx ωw ɑa ɛe ɩi ɴn ʀr ᴄc ᴅd ᴇe ᴏo ᴛt ᴜu ᴠv ᴡw ᴀa ʟi ᴋk ǀi ∣i ⏐i"
)
_LOOK_ALIKES = {ord(pair[0]): pair[1] for pair in _PAIRS.split()}
_LINE_ENDS = re.compile("\r\n?|[\v\f\x85\u2028\u2029]")
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f"  # controls but tab and line feed
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0d\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
    # Joiners and emoji selectors belong between, or behind, what people can see; elsewhere they hide things.
    "|(?<![\u0300-\u1fff\u2030-\ufdff\U00010000-\U000dffff\ufe0e\ufe0f])[\u200c\u200d]"
    "|[\u200c\u200d](?![\u0300-\u1fff\u2030-\ufdff\U00010000-\U000dffff])"
    "|(?<=[\ufe0e\ufe0f])[\ufe0e\ufe0f]"
)
_SURROGATES = re.compile("[\ud800-\udfff]")
_TEMPLATE_TOKENS = re.compile(
    r"[<＜]\s*[|｜]\s*/?[^<>|｜\n]{1,48}?\s*[|｜]\s*[>＞]"
    r"|<</?SYS>>|</?s>|<(?:start|end)_of_turn>|<[be]os>"
    r"|</?(?:antml:)?(?:function_calls|function_results|invoke|system)\b[^<>\n]{0,80}>",
    re.IGNORECASE,
)
_INSTRUCTION_TAGS = re.compile(r"\[(/?\s*INST)\]", re.IGNORECASE)
_VISIBLE_BRACKETS = str.maketrans("<>＜＞", "‹›‹›")
_BRACKETS = str.maketrans(dict.fromkeys("<＜‹〈《≪⟨⟪❮❰﹤˂«ᐸ", "(") | dict.fromkeys(">＞›〉》≫⟩⟫❯❱﹥˃»ᐳ", ")"))
_PROSE_GAP = re.compile(r"[A-Za-z ,]+")
_NOT_PROSE = {"Sm", "Ps", "Pe", "Pi", "Pf", "Pc"}
_PROSE_MARKS = "()“”‘’"
_REPLACED = "[look-alike of a marker]"


def nonce(line_id: str, key: bytes) -> str:
    """The same for every replay of a line, and not to be guessed without the installation's key."""
    return hmac.new(key, line_id.encode(), hashlib.sha256).hexdigest()[:32]


def wrap(text: str, line_id: str, source: str, key: bytes) -> str:
    """Exactly one line opens and one closes, whatever the text tries. Same arguments, same bytes."""
    mark = nonce(line_id, key)
    label = " ".join(harmless(source, mark).split())[:SOURCE_LIMIT]
    return "\n".join(
        (f'<<<{MARKER} id="{mark}">>>', label, harmless(text, mark), f'<<<END_{MARKER} id="{mark}">>>')
    )


def harmless(text: str, mark: str = "") -> str:
    """Without what hides, without the tokens of chat templates, without anything that looks like our markers."""
    text = _without_hidden(text)
    text = _TEMPLATE_TOKENS.sub(lambda match: match[0].translate(_VISIBLE_BRACKETS), text)
    text = _INSTRUCTION_TAGS.sub(r"(\1)", text)
    if mark:
        text = re.sub(mark, "[nonce]", text, flags=re.IGNORECASE)
    return _without_markers(text)


def encodable(text: str) -> str:
    """Lone surrogates, which no UTF-8 can carry, made visible."""
    return _SURROGATES.sub("\ufffd", text)


def _without_hidden(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    return _INVISIBLE.sub("", _LINE_ENDS.sub("\n", encodable(text)))


@lru_cache(maxsize=4096)
def _fold(codepoint: int) -> str:
    """The letters a-z that a character looks like; "" for what only separates."""
    plain = unicodedata.normalize("NFKD", chr(codepoint)).casefold().translate(_LOOK_ALIKES)
    folded = unicodedata.normalize("NFKD", plain).translate(_LOOK_ALIKES)
    return "".join(letter for letter in folded if "a" <= letter <= "z").replace("l", "i")


class _Folding(dict[int, str]):
    """A table for `str.translate`; what is not ASCII is looked up one by one."""

    def __missing__(self, codepoint: int) -> str:
        return _fold(codepoint)


_FOLDING = _Folding({codepoint: _fold(codepoint) for codepoint in range(128)})


def _without_markers(text: str) -> str:
    """The name gives way to words that say so, and its line's brackets to round ones."""
    if _NAME not in text.translate(_FOLDING):
        return text
    pieces: list[str] = []
    rest = 0
    prose: dict[int, bool] = {}
    for start, end in _names(text):
        left = text.rfind("\n", 0, start) + 1
        if left not in prose:
            right = text.find("\n", end)
            prose[left] = _is_prose(text[left : right if right >= 0 else len(text)])
        if not (prose[left] and _PROSE_GAP.fullmatch(text, start, end)):
            pieces += [text[rest:start], _REPLACED]
            rest = end
    lines = "".join([*pieces, text[rest:]]).split("\n")
    return "\n".join(line.translate(_BRACKETS) if _REPLACED in line else line for line in lines)


def _names(text: str) -> Iterator[tuple[int, int]]:
    """Where the marker's name stands in the text, whatever separates or disguises its letters."""
    letters: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        folded = _fold(ord(character))
        letters.append(folded)
        places += [place] * len(folded)
    for match in re.finditer(_NAME, "".join(letters)):
        yield places[match.start()], places[match.end() - 1] + 1


def _is_prose(line: str) -> bool:
    """Somebody writes about external, untrusted content: nothing in the line could stand for a bracket."""
    return line.translate(_BRACKETS) == line and all(
        character in _PROSE_MARKS or unicodedata.category(character) not in _NOT_PROSE for character in line
    )
