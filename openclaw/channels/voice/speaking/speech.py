"""The model's markdown as words for the ear. Pure."""

import re
import unicodedata

MOST = 600
"""Characters of one answer: longer ones nobody listens to. The whole of it stays in the transcript."""
MORE = "There is more; ask me to go on."

_CODE_BLOCK = re.compile(r"(```|~~~)[^\n]*\n.*?(\1|\Z)", re.DOTALL)
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)\s]*(?:\s[^)]*)?\)")
_URL = re.compile(r"<?\b(?:https?|ftp|mailto|tel):[^\s<>)\]]+>?|\bwww\.[^\s<>)\]]+", re.IGNORECASE)
_HEADING = re.compile(r"^\s{0,3}#{1,6}\s+(.*?)\s*#*\s*$", re.MULTILINE)
_ITEM = re.compile(r"^\s*(?:[-*+•]|(\d+)[.)])\s+(?:\[[ xX]\]\s+)?", re.MULTILINE)
_QUOTE = re.compile(r"^\s*(?:>\s?)+", re.MULTILINE)
_RULE = re.compile(r"^\s*(?:[-*_]\s*){3,}$", re.MULTILINE)
_TABLE_RULE = re.compile(r"^[\s|:-]*-[\s|:-]*$", re.MULTILINE)
_EMPHASIS = re.compile(r"(\*\*\*|\*\*|\*|___|__|~~|`+)(?=\S)(.+?)(?<=\S)\1", re.DOTALL)
_UNDERLINED = re.compile(r"(?<!\w)_(?=\S)([^_\n]+?)(?<=\S)_(?!\w)")
_CELL = re.compile(r"[ \t]*\|[ \t]*")
_SPACES = re.compile(r"[ \t\r\f\v]+")
_ENDS = re.compile(r"[.!?…:;,]$")
_SENTENCE = re.compile(r"[.!?…](?=\s|$)")
_CODE = re.compile(r"(Pairing code: )([A-Z2-9]{8})")
_COMMAND = re.compile(r"\s*If you know my owner, ask them to run:.*", re.DOTALL)
_NUMBER = re.compile(r"(?<![\w+])\+(\d{8,15})(?!\w)")


def spoken(text: str) -> str:
    """One line that can be read aloud, without marks, addresses and pictures; at most MOST characters."""
    plain = _CODE_BLOCK.sub(" (some code, which I do not read out) ", text)
    plain = _CODE.sub(lambda found: f"{found[1]}{', '.join(found[2])}", _COMMAND.sub("", plain))
    plain = _URL.sub("a link", _LINK.sub(_label, plain))
    plain = _RULE.sub("", _TABLE_RULE.sub("", plain))
    plain = _HEADING.sub(r"\1", _QUOTE.sub("", plain))
    plain = _ITEM.sub(lambda found: f"{found[1]}: " if found[1] else "", plain)
    for _ in range(3):
        plain = _UNDERLINED.sub(r"\1", _EMPHASIS.sub(r"\2", plain))
    plain = _CELL.sub(", ", plain).replace("*", "").replace("`", "")
    plain = _NUMBER.sub(lambda found: "plus " + " ".join(found[1]), plain)
    return _cut(_as_line(_without_pictures(plain)))


def _label(found: re.Match[str]) -> str:
    return found[1].strip() or "a link"


def _without_pictures(text: str) -> str:
    """Emoji and other signs that a voice would name or stumble over."""
    text = text.replace("\u200d", "").replace("\ufe0f", "")
    return "".join(" " if _is_picture(char) else char for char in text)


def _is_picture(char: str) -> bool:
    """The degree sign and its neighbours have names that people say."""
    return char > "\u2000" and unicodedata.category(char) in {"So", "Sk", "Cs", "Co", "Cn"}


def _as_line(text: str) -> str:
    """Lines become sentences, so that the voice pauses between them."""
    lines = [stripped for line in text.split("\n") if (stripped := _SPACES.sub(" ", line).strip(" ,"))]
    return " ".join(
        line if _ENDS.search(line) or last else f"{line}."
        for line, last in ((line, number == len(lines)) for number, line in enumerate(lines, 1))
    )


def _cut(line: str) -> str:
    if len(line) <= MOST:
        return line
    head = line[: MOST - len(MORE) - 1]
    ends = [found.end() for found in _SENTENCE.finditer(head)]
    if ends and ends[-1] > MOST // 3:
        return f"{head[: ends[-1]]} {MORE}"
    words = head[:-2].rpartition(" ")[0] or head[:-2]
    return f"{words.rstrip(' ,;:')}… {MORE}"
