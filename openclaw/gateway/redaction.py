"""Secrets taken out of what goes to people. Pure."""

from collections.abc import Set

from openclaw.gateway import notices


def without_secrets(text: str, secrets: Set[str]) -> str:
    # The longest first: where one secret begins another, the rest of it must not stay.
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, notices.WITHHELD)
    return text


def withheld(text: str, secrets: Set[str]) -> str:
    """As much of an unfinished text as cannot be the beginning of a secret, without the secrets in it."""
    known = [secret for secret in secrets if secret]
    end = min((_possible_begin(text, secret) for secret in known), default=len(text))
    while (inside := _begin_around(text, end, known)) < end:
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
