"""What an API's answer to a message that was handed in means for the message."""

import json
from http import HTTPStatus

from openclaw.net.api_client import UnansweredError, UnsentError
from openclaw.net.fetched import Fetched
from openclaw.types.errors import AmbiguousDeliveryError, DeliveryError
from openclaw.types.messages import Address

AGAIN_SECONDS = 2.0
"""Until the next try where the provider names no time."""
_LONGEST_REASON = 300


def not_sent(to: Address, error: UnsentError | UnansweredError) -> DeliveryError | AmbiguousDeliveryError:
    if isinstance(error, UnsentError):
        return DeliveryError(to, f"no connection: {error}", retry_after=AGAIN_SECONDS)
    return AmbiguousDeliveryError(to, str(error))


def refused(to: Address, answer: Fetched) -> DeliveryError | AmbiguousDeliveryError:
    """For a status of 400 and more. A gateway that gave up waiting does not know what became of the message."""
    status, said = answer.status, reason(answer)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return DeliveryError(to, f"too many messages: {said}", retry_after=retry_after(answer))
    if status in {HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT}:
        return AmbiguousDeliveryError(to, said)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return DeliveryError(to, said, retry_after=AGAIN_SECONDS)
    return DeliveryError(to, said)


def retry_after(answer: Fetched) -> float:
    told = answer.headers.get("retry-after", "").strip()
    return float(told) if told.isdecimal() else AGAIN_SECONDS


def reason(answer: Fetched) -> str:
    """`422 The number is blocked`; of an answer that is no JSON the status alone."""
    body = decoded(answer)
    found = next(
        (body[name] for name in ("message", "error", "detail", "title") if isinstance(body.get(name), str)),
        "",
    )
    words = " ".join(str(found).split())[:_LONGEST_REASON]
    return f"it answered {answer.status}{': ' + words if words else ''}"


def decoded(answer: Fetched) -> dict[str, object]:
    """Empty for what is no JSON object."""
    try:
        value = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def message_id(answer: Fetched) -> str:
    """Of an answer that took the message; empty where it names none."""
    places: list[object] = [decoded(answer)]
    for _ in range(3):
        found = [place for place in places if isinstance(place, dict)]
        for place in found:
            if isinstance(place.get("id"), int | str) and place["id"] != "":
                return str(place["id"])
        places = [place.get(name) for place in found for name in ("message", "data")]
    return ""
