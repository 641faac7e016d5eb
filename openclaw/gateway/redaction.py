"""Secrets taken out of what goes to people, and found in what would leave the machine. Pure.

A secret is also found in base64, hex, percent-encoding and backwards, in either case, and with separators between its
letters. Those forms are compared without everything but letters and digits, so they are one comparison.
"""

import base64
import re
from collections.abc import Iterator, Set
from functools import lru_cache
from urllib.parse import unquote

from openclaw.gateway import notices

FEWEST = 12
"""Letters and digits of a form that is looked for: shorter ones stand in innocent words."""
SHORTEST = 8
"""Characters of a secret that a call is refused for, word for word."""
PIECE, STRIDE = 16, 8
"""Half a key is a secret too: pieces of it, of which any 24 letters and digits in a row hold one."""
TAIL = 4_096
"""How far back from its end an unfinished text may be the beginning of a form."""
BEGUN = 8
"""So many letters of a form must stand at the end before they are held back."""

_OTHER = re.compile(r"[^0-9a-z]+")
_PERCENT = re.compile(r"%([0-9A-Fa-f]{2})")
_ENCODINGS = 3
"""How often percent-encoding is taken off."""


def without_secrets(text: str, secrets: Set[str]) -> str:
    # The longest first: where one secret begins another, the rest of it must not stay.
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, notices.WITHHELD)
    clean = ""
    while (span := _disguised(text, _forms(frozenset(secrets)))) is not None:
        # Only what stands behind it is looked at again: the notice itself may be somebody's secret.
        clean, text = f"{clean}{text[: span[0]]}{notices.WITHHELD}", text[span[1] :]
    return clean + text


def holds_secret(text: str, secrets: Set[str]) -> bool:
    """Whether a secret, or half of one, stands in a text in whatever form."""
    if any(len(secret) >= SHORTEST and secret in text for secret in secrets):
        return True
    known = frozenset(secrets)
    return any(form in squeezed for squeezed in _views(text) for form in (*_forms(known), *_pieces(known)))


def withheld(text: str, secrets: Set[str]) -> str:
    """As much of an unfinished text as cannot be the beginning of a secret, without the secrets in it."""
    known = [secret for secret in secrets if secret]
    forms = _forms(frozenset(known))
    end = min((_possible_begin(text, secret) for secret in known), default=len(text))
    # A cut may tear what stands around it, and what is cut for that the next.
    while (inside := min(_begin_around(text, end, known), _disguised_begin(text[:end], forms))) < end:
        end = inside
    return without_secrets(text[:end], secrets)


def _possible_begin(text: str, secret: str) -> int:
    """Where the end of the text is the beginning of the secret; the text's length if it is not."""
    at = text.find(secret[0], max(0, len(text) - len(secret) + 1))
    while at >= 0 and not secret.startswith(text[at:]):
        at = text.find(secret[0], at + 1)
    return at if at >= 0 else len(text)


def _begin_around(text: str, end: int, secrets: list[str]) -> int:
    """The first begin of a secret that a cut at `end` would tear; `end` if there is none."""
    around = [
        at
        for secret in secrets
        if (at := text.find(secret, max(0, end - len(secret) + 1), end + len(secret) - 1)) >= 0
    ]
    return min((at for at in around if at < end), default=end)


# -- disguises --------------------------------------------------------------------------------------------


@lru_cache(maxsize=16)
def _forms(secrets: frozenset[str]) -> tuple[str, ...]:
    """Letters and digits of every form that is long enough, in lower case."""
    return tuple(dict.fromkeys(form for secret in sorted(secrets) for form in _forms_of(secret)))


def _forms_of(secret: str) -> Iterator[str]:
    for value in (secret, secret[::-1]):
        written = (
            value,
            value.encode(errors="replace").hex(),
            *_base64_cores(value.encode(errors="replace")),
        )
        for form in map(_squeezed, written):
            if len(form) >= FEWEST:
                yield form
                yield form[::-1]


def _base64_cores(value: bytes) -> Iterator[str]:
    """What stays the same of its base64 whatever stands before and behind it, for each of the three alignments."""
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + value).decode().rstrip("=")
        yield encoded[(before * 8 + 5) // 6 : (before + len(value)) * 8 // 6]


@lru_cache(maxsize=16)
def _pieces(secrets: frozenset[str]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for letters in map(_squeezed, sorted(secrets)):
        for value in (letters, letters[::-1]):
            # A key's first letters say whose it is: those alone are no secret.
            found |= dict.fromkeys(
                value[at : at + PIECE] for at in range(STRIDE, len(value) - PIECE + 1, STRIDE)
            )
    return tuple(found)


def _squeezed(text: str) -> str:
    return _OTHER.sub("", text.lower())


def _views(text: str) -> Iterator[str]:
    """The letters and digits of a text, as they stand there and with percent-encoding taken off."""
    yield _squeezed(text)
    for _ in range(_ENCODINGS):
        if not _PERCENT.search(text):
            return
        text = unquote(text, encoding="latin-1")
        yield _squeezed(text)


Placed = list[tuple[str, int, int]]
"""Characters with where each begins and ends in the text."""


def _disguised(text: str, forms: tuple[str, ...]) -> tuple[int, int] | None:
    """Where the first form of a secret stands."""
    if not any(form in squeezed for squeezed in _views(text) for form in forms):
        return None
    spans: list[tuple[int, int]] = []
    for placed in _placed_views(text):
        letters = "".join(letter for letter, _, _ in placed)
        found = ((letters.find(form), len(form)) for form in forms)
        spans += [(placed[at][1], placed[at + size - 1][2]) for at, size in found if at >= 0]
    return min(spans, default=None)


def _disguised_begin(text: str, forms: tuple[str, ...]) -> int:
    """Where the end of the text is the beginning of a form; the text's length if it is not."""
    first = max(0, len(text) - TAIL)
    begin = len(text)
    if not forms or not any(form[:BEGUN] in squeezed for squeezed in _views(text[first:]) for form in forms):
        return begin
    for placed in _placed_views(text[first:]):
        letters = "".join(letter for letter, _, _ in placed)
        for form in forms:
            at = letters.find(form[:BEGUN], max(0, len(letters) - len(form) + 1))
            while at >= 0 and not form.startswith(letters[at:]):
                at = letters.find(form[:BEGUN], at + 1)
            if at >= 0:
                begin = min(begin, first + placed[at][1])
    return begin


def _placed_views(text: str) -> Iterator[Placed]:
    placed: Placed = [(char, at, at + 1) for at, char in enumerate(text)]
    yield _letters(placed)
    for _ in range(_ENCODINGS):
        whole = "".join(char for char, _, _ in placed)
        if not _PERCENT.search(whole):
            return
        placed = _decoded(placed, whole)
        yield _letters(placed)


def _decoded(placed: Placed, whole: str) -> Placed:
    found: Placed = []
    end = 0
    for match in _PERCENT.finditer(whole):
        found += placed[end : match.start()]
        end = match.end()
        found.append((chr(int(match[1], 16)), placed[match.start()][1], placed[end - 1][2]))
    return found + placed[end:]


def _letters(placed: Placed) -> Placed:
    # Some letters have a lower case of several characters, none of which counts here.
    return [
        (low, start, end) for char, start, end in placed if len(low := char.lower()) == 1 and _counts(low)
    ]


def _counts(char: str) -> bool:
    return char.isascii() and char.isalnum()
