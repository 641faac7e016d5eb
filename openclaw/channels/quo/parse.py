"""One event of Quo, in the old envelope or the new → what the gateway takes in. Pure; never raises for its content."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from openclaw.channels.team_inbox import Written
from openclaw.net.foreign_json import read_json
from openclaw.types import e164
from openclaw.types.messages import Address, Arrival, Inbound, Sender, Unusable
from openclaw.types.receipts import Receipt, ReceiptStatus

CHANNEL = "quo"
ACCOUNT = "default"
UNCLASSIFIED = "unclassified"

_STATUSES: Mapping[str, ReceiptStatus] = {
    "delivered": "delivered",
    "read": "read",
    "failed": "failed",
    "undelivered": "failed",
}
_CALL = re.compile(r"call\.[a-z.]{1,60}")

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Happening:
    """A line for the log of all channels."""

    kind: str
    ref: str
    summary: str


@dataclass(frozen=True, slots=True)
class Event:
    arrival: Arrival
    happening: Happening | None = None
    receipt: Receipt | None = None
    written: Written | None = None
    unknown: str = ""
    """The type of an event that is not understood."""

    @property
    def note(self) -> str:
        """The class of the audit row's reason."""
        content = self.arrival.content
        return content.reason.partition(":")[0] if isinstance(content, Unusable) else ""


def read_event(raw: bytes, agent: str | None, now: int) -> Event:
    """`raw` is kept as it is. Its keys come from the bytes that were signed, never from a header."""
    envelope = _decoded(raw)
    kind = _text(envelope, "type").lower()[:80]
    about = _resource(envelope)
    if kind == "message.received" and _text(about, "direction").lower() not in {"outgoing", "outbound"}:
        return _message(raw, envelope, about, (agent, now))
    if kind.startswith("message."):
        arrival = _arrival(raw, envelope, Unusable("outbound: a message of ours, or what became of it"))
        return Event(arrival, receipt=_receipt(about, kind), written=_written(about))
    if _CALL.fullmatch(kind):
        happening = Happening(kind, _text(about, "callId", "id") or _event_id(raw, envelope), _of_call(about))
        return Event(_arrival(raw, envelope, Unusable(f"call: {kind} is recorded")), happening)
    named = kind or "no type"
    return Event(_arrival(raw, envelope, Unusable(f"{UNCLASSIFIED}: {named}")), unknown=named)


def _message(raw: bytes, envelope: Json, about: Json, house: tuple[str | None, int]) -> Event:
    agent, now = house
    number, text = _number_of(about.get("from")), _words(about)
    if not number or not text:
        content = Unusable(f"{UNCLASSIFIED}: a message without {'words' if number else 'a sender'}")
        return Event(_arrival(raw, envelope, content), unknown="message.received without words or sender")
    own = _text(about, "id")[:100]
    line = _text(about, "phoneNumberId") or _number_of(about.get("to"))
    message = Inbound(
        CHANNEL,
        Sender(number, _text(about, "contactName")[:100]),
        text,
        min(_moment(_text(about, "createdAt") or _text(envelope, "createdAt")) or now, now),
        ACCOUNT,
        reply_to=Address(CHANNEL, number, ACCOUNT, line[:64] or None),
        message_id=own,
        agent=agent,
    )
    key = f"{CHANNEL}:{ACCOUNT}:msg:{own}" if own else f"{CHANNEL}:{ACCOUNT}:{_event_id(raw, envelope)}"
    happening = Happening("sms.received", key, f"{number}: {text}")
    return Event(Arrival(key, CHANNEL, ACCOUNT, raw, message), happening)


def _arrival(raw: bytes, envelope: Json, content: Unusable) -> Arrival:
    return Arrival(f"{CHANNEL}:{ACCOUNT}:{_event_id(raw, envelope)}", CHANNEL, ACCOUNT, raw, content)


def _event_id(raw: bytes, envelope: Json) -> str:
    return _text(envelope, "id")[:100] or f"sha256:{hashlib.sha256(raw).hexdigest()}"


def _resource(envelope: Json) -> Json:
    """`data.resource` since 2026, `data.object` before, `data` itself for want of both."""
    data = envelope.get("data")
    if not isinstance(data, dict):
        return {}
    inner = next((data[name] for name in ("resource", "object") if isinstance(data.get(name), dict)), data)
    context = data.get("context")
    return {**(context if isinstance(context, dict) else {}), **inner}


def _receipt(about: Json, kind: str) -> Receipt | None:
    own = _text(about, "id")
    told = _text(about, "status").lower()
    status = _STATUSES.get(told) or _STATUSES.get(kind.removeprefix("message."))
    return Receipt(own, status) if own and status else None


def _written(about: Json) -> Written | None:
    own, number = _text(about, "id")[:100], _number_of(about.get("to"))
    return Written(own, number, _words(about)) if own and number and _text(about, "userId") else None


def listed_text(listing: Json, to: str, text: str, since: int) -> str | None:
    """The id of the very text that left for this number since then; None where the list does not have it."""
    rows = listing.get("data")
    for row in rows if isinstance(rows, list) else []:
        if not isinstance(row, dict) or _text(row, "direction").lower() not in {"outgoing", "outbound"}:
            continue
        same = _number_of(row.get("to")) == to and _text(row, "text", "body", "content") == text
        if same and (_moment(_text(row, "createdAt")) or 0) >= since and (own := _text(row, "id")):
            return own
    return None


def _of_call(about: Json) -> str:
    who = " → ".join(filter(None, (_number_of(about.get("from")), _number_of(about.get("to")))))
    facts = [_text(about, "direction"), _text(about, "status")]
    seconds = about.get("duration")
    if isinstance(seconds, int) and not isinstance(seconds, bool):
        facts.append(f"{seconds} s")
    said = about.get("summary") or about.get("nextSteps") or _spoken(about.get("dialogue"))
    if isinstance(said, list):
        said = " ".join(str(line) for line in said if isinstance(line, str))
    told = [who, ", ".join(filter(None, facts)), said if isinstance(said, str) else ""]
    return ": ".join(filter(None, told)) or "a call"


def _spoken(dialogue: object) -> str:
    lines = dialogue if isinstance(dialogue, list) else []
    return " / ".join(str(line["content"]) for line in lines if isinstance(line, dict) and "content" in line)


def _number_of(value: object) -> str:
    """Of a text, an object that holds one, or the first of several."""
    if isinstance(value, list):
        value = value[0] if value else ""
    if isinstance(value, dict):
        value = _text(value, "phoneNumber", "number", "value")
    return (e164.parse_north_american(value) or "") if isinstance(value, str) else ""


def _words(about: Json) -> str:
    media = about.get("media")
    kinds = [_kind(item) for item in media[:10]] if isinstance(media, list) else []
    return "\n".join(
        [*(f"<media:{kind}>" for kind in kinds), _text(about, "text", "body", "content")]
    ).strip()


def _kind(item: object) -> str:
    kind = _text(item, "type", "contentType").partition("/")[0].lower() if isinstance(item, dict) else ""
    return kind if kind in {"image", "video", "audio"} else "document"


def _moment(told: str) -> int | None:
    try:
        moment = datetime.fromisoformat(told)
        return round(moment.timestamp() * 1000) if moment.tzinfo is not None else None
    except (ValueError, OverflowError, OSError):
        return None


def _decoded(raw: bytes) -> Json:
    try:
        value = read_json(raw)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _text(parent: Json, *names: str) -> str:
    return next((parent[name] for name in names if isinstance(parent.get(name), str) and parent[name]), "")
