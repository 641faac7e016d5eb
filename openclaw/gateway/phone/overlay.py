"""How an answer looks as a text message: at most two short plain sentences, and where the rest can be read. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence

SENTENCES = 2
CHARACTERS = 320
SETTING = "overlay"
"""The field of an event's settings that asks for it; its value names the richer channel."""

INSTRUCTIONS = (
    "You answer by text message (SMS): at most two short sentences, plain text. "
    "No markdown, no asterisks, no lists, no emoji, no headings.",
    "What needs more than that (a list, a table, a quotation, a file) does not fit here: "
    "give the gist in one sentence and offer the rest on {channel}.",
    "Everything beyond two sentences is cut off before it is sent.",
)
PLAIN = ("Your answer is sent as a text message (SMS): plain text without markdown, and short.",)

_ABBREVIATIONS = re.compile(
    r"mrs?|ms|dr|prof|st|sr|jr|no|vs|etc|approx|dept|est|inc|ltd|co|e\.g|i\.e|a\.m|p\.m|u\.s|u\.k"
    r"|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|mon|tue|wed|thu|fri|sat|sun"
)
_END = re.compile(r"""[.!?…]+["'”’)\]]*(?=\s|$)|\n""")
_LAST_WORD = re.compile(r"[\w.]+\Z")
_MARKS = re.compile(r"(\*\*\*|\*\*|__|~~|`+)(?=\S)(.+?)(?<=\S)\1", re.DOTALL)
_EMPHASIS = re.compile(r"(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])")
_LINK = re.compile(r"!?\[([^\]\n]*)\]\((https?://[^)\s]+)[^)\n]*\)")
_LINE_START = re.compile(r"^[ \t]*(?:#{1,6}[ \t]+|[-*+•][ \t]+|>[ \t]?)", re.MULTILINE)
_RULE = re.compile(r"^[ \t]*(?:[-*_][ \t]*){3,}$|^```.*$", re.MULTILINE)
_LONGER_IN_TEXTS = str.maketrans({"…": "...", "→": "->", "←": "<-"})
"""The channel writes them so; what is measured is what leaves."""


def instructions(channel: str) -> tuple[str, ...]:
    return tuple(line.format(channel=channel) for line in INSTRUCTIONS)


def applied(texts: Sequence[str], settings: Mapping[str, object]) -> Sequence[str]:
    """`settings`: those of the event that is answered."""
    richer = settings.get(SETTING)
    return [shipped("\n".join(texts), str(richer))] if texts and richer is not None else texts


def shipped(text: str, richer: str) -> str:
    """What is sent of an answer. `richer`: the channel where there is room for the rest."""
    words = plain(text)
    ends = sentence_ends(words)
    if len(ends) <= SENTENCES and len(words) <= CHARACTERS:
        return words
    pointer = f" (more on {richer})"
    kept = " ".join(words[: ends[min(SENTENCES, len(ends)) - 1]].split())
    return _shortened(kept, CHARACTERS - len(pointer)) + pointer


def plain(text: str) -> str:
    """Without markdown; its words stay."""
    text = _RULE.sub("", text.translate(_LONGER_IN_TEXTS))
    text = _LINK.sub(lambda link: f"{link[1]} {link[2]}".strip(), text)
    text = _LINE_START.sub("", text)
    for _ in range(3):  # one kind of mark may stand inside another
        text = _MARKS.sub(r"\2", text)
    text = _EMPHASIS.sub(r"\1", text)
    return re.sub(r"\n{2,}", "\n", text).strip()


def sentence_ends(text: str) -> list[int]:
    """Where each sentence ends. A line is never part of two: items of a list are sentences too."""
    ends: list[int] = []
    start = 0
    for match in _END.finditer(text):
        if match[0] != "\n" and _goes_on(text[start : match.start()], match[0]):
            continue
        if text[start : match.start()].strip():
            ends.append(match.end())
        start = match.end()
    if text[start:].strip():
        ends.append(len(text))
    return ends


def _goes_on(before: str, mark: str) -> bool:
    """A full stop behind an abbreviation, an initial or a number that counts ends nothing."""
    if mark != ".":
        return False
    word = _LAST_WORD.search(before)
    if word is None:
        return False
    bare = word[0].lower()
    counts = bare.isdigit() and len(bare) <= 2 and before.strip() == word[0]
    initial = len(bare) == 1 and word[0].isupper() and bare != "i"
    return bool(_ABBREVIATIONS.fullmatch(bare)) or counts or initial


def _shortened(text: str, room: int) -> str:
    if len(text) <= room:
        return text
    cut = text[: room - 3]
    return (cut.rsplit(None, 1)[0] if " " in cut else cut).rstrip(",;:.") + "..."


def richest(channels: Iterable[str]) -> str:
    """The name of the channel to point to, as people call it."""
    known = set(channels)
    for channel, name in (("telegram", "Telegram"), ("whatsapp", "WhatsApp")):
        if channel in known:
            return name
    return "the web chat"
