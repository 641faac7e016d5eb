"""Whether a text of a stranger is spam: scored rules, each with its reason. Pure."""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

from openclaw.types import e164

ENOUGH = 5
"""Points. No rule alone brings as many: a friend may send a link, and a shop may have a prize."""

_RULES: tuple[tuple[str, int, str], ...] = (
    ("link", 2, r"""
        https?://\S+
        www\.\S+
        [\w-]+\.(?:top|xyz|icu|click|shop|live|vip|cc|ru|cn|info|buzz|rest)
    """),
    ("shortener", 2, r"""
        (?:bit\.ly|tinyurl\.com|t\.co|goo\.gl|ow\.ly|is\.gd|cutt\.ly|rb\.gy|rebrand\.ly|shorturl\.at|t\.ly)
        (?:s\.id|tiny\.cc|buff\.ly|soo\.gd|clck\.ru)
    """),
    ("money", 1, r"""
        (?<!\w)[$€£]\s?\d+
        \d[\d,.]*\s?(?:usd|eur|gbp|dollars|btc|usdt)
    """),
    ("prize", 3, r"""
        you(?:'ve|\ have)?\ (?:been\ )?(?:won|selected|chosen)
        congratulations
        claim\ your
        lott(?:o|ery)
        jackpot
        sweepstakes?
        free\ gift
        gift\ ?cards?
        reward\ points?
    """),
    ("phishing", 3, r"""
        verify\ your\ (?:account|identity|details)
        account\ (?:has\ been\ |is\ |was\ )?(?:suspended|locked|limited)
        unusual\ (?:activity|sign[-\ ]?in)
        (?:package|parcel|delivery)\ .{0,40}(?:held|pending|failed|unpaid|customs)
        unpaid\ toll
        (?:irs|hmrc)\ (?:refund|notice)
        confirm\ your\ (?:payment|bank)
        update\ your\ (?:billing|address)
    """),
    ("scheme", 3, r"""
        crypto
        bitcoin
        usdt
        forex
        guaranteed\ (?:profit|return|income)s?
        passive\ income
        work\ from\ home
        part[-\ ]time\ job
        earn\ .{0,20}(?:daily|a\ day|per\ day|weekly)
        investment\ opportunity
        casino
        free\ spins?
        payday\ loans?
        pre-?approved
        debt\ relief
        no\ credit\ check
    """),
    ("pills", 3, r"""
        viagra
        cialis
        cbd\ gummies
        weight\ loss
        hot\ singles
        onlyfans
        adult\ dating
    """),
    ("pressure", 2, r"""
        act\ now
        (?:click|tap)\ (?:here|the\ link|below)
        limited\ time
        expires?\ (?:today|soon)
        last\ chance
        urgent(?:ly)?
        immediately
        within\ 24\ ?h(?:ours|rs)?
        final\ notice
    """),
    ("reply-bait", 1, r"""
        reply\ (?:y|yes|1)
        te?xt\ \w+\ to\ \d+
        whatsapp\ me
    """),
)  # fmt: skip
"""Name, points, and what is looked for, one a line."""

_HIDDEN = re.compile("[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]")


@dataclass(frozen=True, slots=True)
class SpamVerdict:
    score: int
    rules: tuple[str, ...] = ()

    @property
    def spam(self) -> bool:
        return self.score >= ENOUGH

    def __str__(self) -> str:
        """`spam 7: link, shortener, prize`, as the audit row has it."""
        word = "spam" if self.spam else "no-spam"
        return f"{word} {self.score}: {', '.join(self.rules)}" if self.rules else f"{word} {self.score}"


def judge(text: str, sender: str) -> SpamVerdict:
    hit: dict[str, int] = {}
    plain = _plain(text)
    if _HIDDEN.search(_without_joined_emoji(text)) or _mixes_alphabets(text):
        hit["disguise"] = 3
    if e164.parse(sender) is None:
        # Names and short codes cannot be answered.
        hit["no-number"] = 2
    if _shouts(plain):
        hit["shouting"] = 1
    hit |= {name: points for name, points, pattern in _patterns() if pattern.search(plain)}
    return SpamVerdict(sum(hit.values()), tuple(hit))


@cache
def _patterns() -> tuple[tuple[str, int, re.Pattern[str]], ...]:
    """Compiled when the first text comes, not when the daemon starts."""
    return tuple((name, points, _pattern(lines)) for name, points, lines in _RULES)


def _pattern(lines: str) -> re.Pattern[str]:
    choices = "|".join(line.strip() for line in lines.strip().splitlines())
    return re.compile(rf"(?<!\w)(?:{choices})(?!\w)", re.IGNORECASE)


def _plain(text: str) -> str:
    """Without what hides between letters, and with look-alikes as the letters they look like."""
    folded = unicodedata.normalize("NFKC", _HIDDEN.sub("", text)).replace("\u2019", "'")
    return " ".join(folded.split())


def _without_joined_emoji(text: str) -> str:
    """A joiner between two pictures makes one of them, and a family is no disguise."""
    return re.sub("(?<=[^\x00-\u1fff])\u200d(?=[^\x00-\u1fff])", "", text)


def _mixes_alphabets(text: str) -> bool:
    """Latin and Cyrillic or Greek letters in one word."""
    for word in re.findall(r"[^\W\d_]{3,}", text):
        scripts = {unicodedata.name(letter, "").partition(" ")[0] for letter in word}
        if "LATIN" in scripts and scripts & {"CYRILLIC", "GREEK"}:
            return True
    return False


def _shouts(text: str) -> bool:
    letters = [letter for letter in text if letter.isalpha()]
    loud = len(letters) >= 20 and sum(letter.isupper() for letter in letters) > 0.7 * len(letters)
    return loud or text.count("!") >= 4
