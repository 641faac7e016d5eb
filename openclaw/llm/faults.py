"""What a provider's refusal means for us. Pure."""

from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from openclaw.llm.chat import Fault

_BY_STATUS: dict[int, Fault] = {
    401: "auth",
    402: "billing",
    403: "auth",
    408: "unreachable",
    409: "overloaded",
    413: "overflow",
    429: "rate_limited",
}
_BY_KIND: dict[str, Fault] = {
    "api_error": "overloaded",
    "authentication_error": "auth",
    "billing_error": "billing",
    "invalid_request_error": "invalid",
    "not_found_error": "invalid",
    "overloaded_error": "overloaded",
    "permission_error": "auth",
    "rate_limit_error": "rate_limited",
    "request_too_large": "overflow",
    "timeout_error": "overloaded",
}


def fault_of_status(status: int, message: str, code: str = "") -> Fault:
    """`message` and `code` are the provider's own, as far as it gave any."""
    words = message.lower()
    if _is_about_money(status, words, code):
        return "billing"
    if status == 400 and _is_about_length(words):
        return "overflow"
    if status >= 500:
        return "overloaded"
    return _BY_STATUS.get(status, "invalid")


def fault_of_kind(kind: str, message: str) -> Fault:
    """Of an error that came inside a stream that had begun well: there the status says nothing."""
    if kind == "invalid_request_error" and _is_about_length(message.lower()):
        return "overflow"
    return _BY_KIND.get(kind, "overloaded")


def _is_about_length(words: str) -> bool:
    return "prompt is too long" in words or "exceed context limit" in words


def _is_about_money(status: int, words: str, code: str) -> bool:
    # A limit that the account's owner has set answers 400, one of the account's tier 429: neither passes by itself.
    return (status == 400 and ("credit balance" in words or "usage limits" in words)) or (
        status == 429 and code == "enforced_spend_limit_reached"
    )


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the provider asks us to wait. Header names in lower case, or a mapping that ignores case."""
    if (millis := _number(headers.get("retry-after-ms"))) is not None:
        return millis / 1000
    text = headers.get("retry-after")
    if (seconds := _number(text)) is not None:
        return seconds
    return _seconds_between(headers.get("date"), text)


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if 0 <= number < float("inf") else None


def _seconds_between(start: str | None, end: str | None) -> float | None:
    """Both by the provider's clock, so that ours need not be right."""
    if start is None or end is None:
        return None
    try:
        return max(0.0, (parsedate_to_datetime(end) - parsedate_to_datetime(start)).total_seconds())
    except (ValueError, TypeError):
        return None
