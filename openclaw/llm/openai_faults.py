"""What a refusal of an OpenAI-compatible server means for us. Pure."""

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

import orjson

from openclaw.llm.chat import Fault
from openclaw.llm.faults import fault_of_status, retry_after

_BY_CODE: dict[str, Fault] = {
    "authentication_error": "auth",
    "billing_hard_limit_reached": "billing",
    "billing_not_active": "billing",
    "context_length_exceeded": "overflow",
    "exceed_context_size_error": "overflow",
    "insufficient_quota": "billing",
    "invalid_api_key": "auth",
    "invalid_request_error": "invalid",
    "model_not_found": "invalid",
    "rate_limit_error": "rate_limited",
    "rate_limit_exceeded": "rate_limited",
}
_SURE = frozenset({"billing", "overflow"})
"""Faults that a code tells better than the status. A project that lacks a model has `model_not_found` with 403."""
_ABOUT_LENGTH = re.compile(
    r"maximum context length|context (?:length|window|size)|prompt is too long|exceeds? (?:the )?context"
    r"|request too large"
)
"""`Request too large` comes as 429: a request that is longer than a whole minute's tokens never fits."""
_ABOUT_MONEY = re.compile(
    r"insufficient (?:credits|balance|funds)|key limit exceeded|exceeded your current quota"
)
_SPAN = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def error_of(body: bytes) -> object:
    """The error that an answer holds, in whichever of the forms in use; its text where it is none of them."""
    text = body.decode(errors="replace").strip()
    try:
        answer = orjson.loads(body)
    except ValueError:
        return "" if text.startswith("<") else text
    if isinstance(answer, list) and answer:
        answer = answer[0]
    if not isinstance(answer, dict):
        return text
    return answer.get("error") or {"message": answer.get("detail"), **answer}


def fault_of_refusal(status: int, error: object) -> Fault:
    words, codes, metadata = words_of(error).lower(), _codes(error), _metadata(error)
    by_code = next((_BY_CODE[code] for code in codes if code in _BY_CODE), None)
    if by_code in _SURE or "model_not_found" in codes:
        return by_code or "invalid"
    if _ABOUT_MONEY.search(words):
        return "billing"
    if status in (400, 413, 422, 429, 500) and _ABOUT_LENGTH.search(words):
        return "overflow"
    if status == 403 and ("flagged_input" in metadata or "reasons" in metadata):
        # A moderator disliked this message: no fault of the key's, which others use as well.
        return "invalid"
    return fault_of_status(status, words, next(iter(codes), ""))


def fault_of_event(error: object) -> Fault:
    """Of an error that came inside a stream that had begun well: there the status says nothing."""
    codes = _codes(error)
    status = next((int(code) for code in codes if re.fullmatch(r"[45]\d\d", code)), None)
    if status is not None:
        return fault_of_refusal(status, error)
    if _ABOUT_LENGTH.search(words_of(error).lower()):
        return "overflow"
    return next((_BY_CODE[code] for code in codes if code in _BY_CODE), "overloaded")


def words_of(error: object) -> str:
    """For people: its message, and what a router says of the provider behind it."""
    if not isinstance(error, dict):
        return str(error or "no reason given")[:500]
    message, raw = error.get("message") or error.get("code"), _metadata(error).get("raw")
    said = [str(text) for text in (message, raw) if text]
    return ": ".join(said)[:500] or "no reason given"


def about_effort(status: int, error: object) -> bool:
    """Whether it is the wish how much to think that was refused, and nothing else."""
    if status not in (400, 422) or not isinstance(error, dict):
        return False
    words = words_of(error).lower()
    return (
        error.get("param") == "reasoning_effort" or "reasoning_effort" in words or "support thinking" in words
    )


def wait_asked_for(headers: Mapping[str, str]) -> float | None:
    """Seconds. Header names in lower case, or a mapping that ignores case."""
    if (seconds := retry_after(headers)) is not None:
        return seconds
    spans = [
        span
        for name in ("requests", "tokens")
        if headers.get(f"x-ratelimit-remaining-{name}", "0") == "0"
        and (span := _span(headers.get(f"x-ratelimit-reset-{name}", ""))) is not None
    ]
    return max(spans) if spans else _until(headers)


def _span(text: str) -> float | None:
    """`6m0s`, `120ms`, `1h2m3.5s`, or plain seconds."""
    parts = _SPAN.findall(text)
    if parts and "".join(number + unit for number, unit in parts) == text:
        return sum(float(number) * _SECONDS[unit] for number, unit in parts)
    return float(text) if re.fullmatch(r"\d+(\.\d+)?", text) else None


def _until(headers: Mapping[str, str]) -> float | None:
    """OpenRouter names the moment, in milliseconds. By its own clock, so that ours need not be right."""
    moment, date = headers.get("x-ratelimit-reset", ""), headers.get("date")
    if not re.fullmatch(r"\d{13}", moment) or date is None:
        return None
    try:
        return max(0.0, int(moment) / 1000 - parsedate_to_datetime(date).timestamp())
    except ValueError:
        return None


def _codes(error: object) -> tuple[str, ...]:
    """The more exact one first."""
    if not isinstance(error, dict):
        return ()
    return tuple(str(error[name]).lower() for name in ("code", "type") if error.get(name))


def _metadata(error: object) -> Mapping[str, Any]:
    metadata = error.get("metadata") if isinstance(error, dict) else None
    return metadata if isinstance(metadata, dict) else {}
