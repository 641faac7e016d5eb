"""The token in the address of the webhook: all that tells SalesMsg from anybody else."""

import hashlib
import hmac
import math
import string
from collections.abc import Mapping

from openclaw.types.secrets import Secret

NAMES = ("token", "secret")
LEAST_BITS = 128
_LEAST_DIFFERENT = 8
_ALPHABETS = (
    frozenset(string.digits),
    frozenset("abcdef" + string.digits),
    frozenset("ABCDEF" + string.digits),
    frozenset(string.ascii_lowercase + string.digits),
    frozenset(string.ascii_uppercase + string.digits),
    frozenset(string.ascii_letters + string.digits),
)


def bits(token: str) -> float:
    """The most that a token of these characters can hold; nothing for one that repeats a few of them."""
    used = set(token)
    if len(used) < _LEAST_DIFFERENT:
        return 0.0
    size = next((len(each) for each in _ALPHABETS if used <= each), len(_ALPHABETS[-1]) + 2)
    return len(token) * math.log2(size)


def weakness(token: str, place: str) -> str:
    """Why it must not be used, in words that say what to do; empty for a good one."""
    if bits(token) >= LEAST_BITS:
        return ""
    what = "can be guessed" if token else "is empty"
    return (
        f"{place} {what}, so the webhook is not served: set it to 32 random hexadecimal digits or 22 random"
        " letters and digits, such as openssl rand -hex 16 writes"
    )


def refusal(query: Mapping[str, str], expected: Secret | None) -> str | None:
    """The reason class, or None for a request that shows the token. Takes as long for any wrong one."""
    if not expected:
        return "not-ready"
    shown = [query[name] for name in NAMES if query.get(name)]
    if not shown:
        return "secret-missing"
    # A plus sign that was not escaped has become a space.
    tried = [text for each in shown for text in (each, each.replace(" ", "+"))]
    fits = [hmac.compare_digest(_digest(text), _digest(expected.reveal())) for text in tried]
    return None if any(fits) else "secret-wrong"


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode(errors="replace")).digest()
