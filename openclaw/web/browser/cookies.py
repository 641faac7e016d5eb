"""The cookie by which a browser is known again. Pure."""

from collections.abc import Mapping
from urllib.parse import urlsplit

YEAR_SECONDS = 365 * 86_400
"""How long the browser keeps it; the ledger ends it earlier, after a month without a visit."""


def cookie_name(host: str) -> str:
    """Cookies do not know ports: with one name, two houses on one machine would sign each other's browsers out."""
    try:
        port = urlsplit(f"//{host}").port
    except ValueError:
        port = None
    return f"openclaw_{port}" if port else "openclaw"


def shown(headers: Mapping[str, str]) -> str | None:
    """What the browser shows, or None."""
    name = cookie_name(headers.get("host", ""))
    # By hand: http.cookies gives up at the first odd cookie, and every other program on this machine may set one.
    for pair in headers.get("cookie", "").split(";"):
        key, _, value = pair.strip().partition("=")
        if key == name and value:
            return value
    return None


def is_own_page(headers: Mapping[str, str], *, harmless: bool) -> bool:
    """Whether a request that shows the cookie comes from our own page; its Origin, if any, has been checked.

    SameSite keeps other sites out, but another port of this machine is the same site.
    """
    if not harmless:
        return "origin" in headers
    return headers.get("sec-fetch-site", "none") in {"none", "same-origin"}


def set_cookie(host: str, value: str, *, secure: bool) -> str:
    return _cookie(host, value, YEAR_SECONDS, secure=secure)


def clear_cookie(host: str, *, secure: bool) -> str:
    return _cookie(host, "", 0, secure=secure)


def _cookie(host: str, value: str, seconds: int, *, secure: bool) -> str:
    parts = [f"{cookie_name(host)}={value}", "Path=/", f"Max-Age={seconds}", "HttpOnly", "SameSite=Strict"]
    return "; ".join([*parts, "Secure"] if secure else parts)
