"""One call of the webhook → what the gateway takes in. Pure; never raises for what a call holds."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from openclaw.channels.salesmsg.config import SalesmsgConfig
from openclaw.channels.salesmsg.shapes import Shape, digest, key_shape, read_shape, scalar
from openclaw.channels.team_inbox import Written
from openclaw.compliance.words import wish
from openclaw.types import e164
from openclaw.types.messages import Address, Arrival, Inbound, Sender, Unusable
from openclaw.types.receipts import Receipt, ReceiptStatus

CHANNEL = "salesmsg"
ACCOUNT = "default"
UNCLASSIFIED = "unclassified"

_IN = frozenset({"inbound", "incoming", "received", "in"})
_OUT = frozenset({"outbound", "outgoing", "sent", "out"})
_STATUSES: Mapping[str, ReceiptStatus] = {
    "delivered": "delivered",
    "read": "read",
    "failed": "failed",
    "undelivered": "failed",
}
_ABOUT_MESSAGES = re.compile(r"message|sms|mms|(?<![a-z])text|inbound|incoming|received")
_ABOUT_OURS = re.compile(r"outbound|outgoing|(?<![a-z])sent\b|delivered|failed")
_ABOUT_CHANGES = re.compile(r"update|delete|note|status|typing|assign|close|archive")
_OPT_OUT = re.compile(r"(?<![a-z])opt(?:ed)?[ ._-]?out|unsubscribe")
_EVENT = ("event", "event_type", "eventType", "trigger", "topic", "type")
_MOMENTS = ("received_at", "receivedAt", "created_at", "createdAt")
_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class Call:
    arrival: Arrival
    event: str = ""
    receipt: Receipt | None = None
    written: Written | None = None
    opted_out: str = ""
    """The number of a contact who wants no texts."""
    unknown_shape: str = ""
    """Of an event that is not understood."""
    refused_agent: str = ""
    """Asked for by the call, and not one that calls may ask for."""

    @property
    def note(self) -> str:
        """The class of the audit row's reason."""
        if isinstance(self.arrival.content, Unusable):
            return self.arrival.content.reason.partition(":")[0]
        return "agent-not-allowed" if self.refused_agent else ""


def provider_id(message_id: str) -> str:
    """SalesMsg counts from one, as others do."""
    return f"{CHANNEL}:{message_id}"


def read_call(raw: bytes, config: SalesmsgConfig, now: int) -> Call:
    """`raw` is kept as it is."""
    shape = read_shape(raw)
    if shape is None:
        return Call(
            _arrival(f"sha256:{digest(raw.hex())}", raw, _unclassified("no object")), unknown_shape="none"
        )
    event = _event(shape)
    if _is_ours(shape, event, config):
        content = Unusable("outbound: a message of ours, or what became of it")
        arrival = _arrival(_hashed(shape), raw, content)
        return Call(arrival, event, _receipt(shape, event), _written(shape))
    number, text = _peer(shape), _words(shape)
    about_message = _tells_of_message(shape, event)
    if _opted_out(shape, event) and not (about_message and _is_wish(text)):
        arrival = _arrival(_hashed(shape), raw, Unusable("opted-out: the contact wants no texts"))
        return Call(arrival, event, opted_out=number)
    if not (number and text and about_message):
        arrival = _arrival(_hashed(shape), raw, _unclassified(event or "no event, sender or text"))
        return Call(arrival, event, unknown_shape=key_shape(shape))
    asked = shape.beside("agentId", "agent_id")
    message = _message(shape, (number, text), config.agent(asked), now)
    refused = asked if asked and message.agent != asked else ""
    return Call(_arrival(_message_key(shape, number, text), raw, message), event, refused_agent=refused[:64])


def _tells_of_message(shape: Shape, event: str) -> bool:
    if not event or _direction(shape) in _IN:
        return True
    return bool(_ABOUT_MESSAGES.search(event)) and not _ABOUT_CHANGES.search(event)


def _arrival(event_id: str, raw: bytes, content: Inbound | Unusable) -> Arrival:
    return Arrival(f"{CHANNEL}:{ACCOUNT}:{event_id}", CHANNEL, ACCOUNT, raw, content)


def _unclassified(what: str) -> Unusable:
    return Unusable(f"{UNCLASSIFIED}: {what[:80]}")


def _hashed(shape: Shape) -> str:
    return f"sha256:{digest(shape.levels[0])}"


def _message_key(shape: Shape, number: str, text: str) -> str:
    """By the message's own id. Any other may be its conversation's, so the words and the time count as well."""
    if own := shape.scalar("message_id", "messageId"):
        return f"msg:{own[:100]}"
    own = scalar(shape.levels[-1], "id", "uuid", "sid")
    if own and shape.name == "message":
        return f"msg:{own[:100]}"
    return f"sha256:{digest([own, number, text, shape.text(*_MOMENTS)])}" if own else _hashed(shape)


def _event(shape: Shape) -> str:
    return shape.outer(*_EVENT).lower()[:80]


def _direction(shape: Shape) -> str:
    for level in reversed(shape.levels):
        for name in ("direction", "way", "type"):
            if (found := scalar(level, name).lower()) in _IN | _OUT:
                return found
    return ""


def _is_ours(shape: Shape, event: str, config: SalesmsgConfig) -> bool:
    direction = _direction(shape)
    if direction:
        return direction in _OUT
    if _ABOUT_OURS.search(event):
        return True
    inner = shape.levels[-1]
    by_user = bool(scalar(inner, "user_id")) and bool(inner.get("sent_at")) and not inner.get("received_at")
    return by_user or _peer(shape) in config.numbers


def _receipt(shape: Shape, event: str) -> Receipt | None:
    own = shape.scalar("message_id", "messageId") or scalar(shape.levels[-1], "id", "uuid", "sid")
    inner = shape.levels[-1]
    told = (scalar(inner, "status"), event.rpartition(".")[2], event.rpartition("_")[2])
    status = next((_STATUSES[each.lower()] for each in told if each.lower() in _STATUSES), None)
    if status is None and inner.get("failed_at"):
        status = "failed"
    elif status is None and inner.get("delivered_at"):
        status = "delivered"
    if not own or status is None:
        return None
    return Receipt(provider_id(own), status, reason=scalar(inner, "failed_reason")[:200])


def _written(shape: Shape) -> Written | None:
    inner = shape.levels[-1]
    own = shape.scalar("message_id", "messageId") or scalar(inner, "id", "uuid", "sid")
    # Beside a contact the sender's number is ours.
    told = _contact_number(shape) or shape.scalar("to_number", "toNumber", "to", "phone", "number")
    number = e164.parse_north_american(told) or ""
    if not (own and number and scalar(inner, "user_id", "userId")) or inner.get("automated") is True:
        return None
    return Written(provider_id(own[:100]), number, _words(shape))


def _opted_out(shape: Shape, event: str) -> bool:
    return shape.object("contact").get("opt_out") is True or _OPT_OUT.search(event) is not None


def _is_wish(text: str) -> bool:
    """The house itself hears who wants no more texts, or wants them again; the contact's mark may be older."""
    return wish(text) in {"stop", "stop_words", "start"}


def _peer(shape: Shape) -> str:
    sender = shape.object("from")
    number = (
        _contact_number(shape)
        or scalar(sender, "number", "phone", "phone_number")
        or shape.scalar("from_number", "fromNumber", "from", "phone", "phone_number", "number")
    )
    return e164.parse_north_american(number) or ""


def _contact_number(shape: Shape) -> str:
    return scalar(shape.object("contact"), "number", "phone", "phone_number", "phoneNumber")


def _words(shape: Shape) -> str:
    written = shape.text("body_raw", "body", "text", "content", "message").strip()
    media = [f"<media:{kind}>" for kind in _media(shape)]
    return "\n".join([*media, written]).strip()


def _media(shape: Shape) -> list[str]:
    lists = [
        level[name]
        for level in shape.levels
        for name in ("media", "attachments")
        if isinstance(level.get(name), list)
    ]
    return [_kind(item) for item in lists[-1][:10]] if lists else []


def _kind(item: object) -> str:
    told = scalar(item, "content_type", "contentType", "type") if isinstance(item, dict) else ""
    kind = told.partition("/")[0].lower()
    return kind if kind in {"image", "video", "audio"} else "document"


def _message(shape: Shape, said: tuple[str, str], agent: str | None, now: int) -> Inbound:
    number, text = said
    conversation = shape.scalar("conversation_id", "conversationId") or scalar(
        shape.object("conversation"), "id"
    )
    return Inbound(
        CHANNEL,
        Sender(number, _name(shape)),
        text,
        _moment(shape, now),
        ACCOUNT,
        reply_to=Address(CHANNEL, number, ACCOUNT, conversation[:64] or None),
        message_id=shape.scalar("message_id", "messageId", "id", "uuid", "sid")[:100],
        agent=agent,
    )


def _name(shape: Shape) -> str:
    contact: dict[str, Any] = shape.object("contact")
    parts = [scalar(contact, "first_name", "firstName"), scalar(contact, "last_name", "lastName")]
    name = " ".join(part for part in parts if part) or scalar(contact, "name", "full_name")
    return " ".join(name.split())[:_LONGEST_NAME]


def _moment(shape: Shape, now: int) -> int:
    told = shape.text(*_MOMENTS, "timestamp")
    try:
        moment = datetime.fromisoformat(told)
        # Without a zone it may be anybody's.
        return min(round(moment.timestamp() * 1000), now) if moment.tzinfo is not None else now
    except (ValueError, OverflowError, OSError):
        return now
