"""What Twilio says of a text → what the gateway takes in. Pure; never raises for what a form holds."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from openclaw.channels.twilio.attachments import MOST, Attachment, attachment
from openclaw.channels.twilio.rest import Text
from openclaw.channels.twilio.signature import Form
from openclaw.types import e164
from openclaw.types.messages import Address, Arrival, Inbound, Sender, Unusable

CHANNEL = "sms"
_LONGEST_ID = 64
Wish = Literal["", "stop", "start", "help"]
_WISHES: Mapping[str, Wish] = {"STOP": "stop", "START": "start", "HELP": "help"}
"""A messaging service may have keywords of its own, in any language; it says what they mean."""


@dataclass(frozen=True, slots=True)
class Sms:
    """One text to us."""

    sid: str
    sender: str
    """E.164; as it came for short codes and names."""
    to: str
    body: str
    at: int
    """Milliseconds since 1970."""
    attachments: tuple[Attachment, ...] = ()
    service: str = ""
    """The messaging service it came through."""
    wish: Wish = ""

    @property
    def key(self) -> str:
        return arrival_key(self.sid)

    @property
    def text(self) -> str:
        """What was written; attachments stand as lines before it."""
        return "\n".join([*(each.line for each in self.attachments), self.body]).strip()


@dataclass(frozen=True, slots=True)
class Status:
    sid: str
    status: str
    error_code: int | None
    sender: str
    to: str


def arrival_key(sid: str) -> str:
    """The same however a text reaches us: by webhook, by back-fill, or handed over."""
    return f"{CHANNEL}:{sid}"


def read_text(form: Form, now: int) -> Sms | None:
    """None for what is no text; `now`, as Twilio does not say when it came."""
    fields = dict(form)
    sid = fields.get("MessageSid") or fields.get("SmsSid") or fields.get("SmsMessageSid") or ""
    sender, to = number(fields.get("From", "")), number(fields.get("To", ""))
    if not _is_sid(sid) or not sender or not to:
        return None
    return Sms(
        sid, sender, to, fields.get("Body", ""), now, _attached(fields, sid),
        fields.get("MessagingServiceSid", ""), _WISHES.get(fields.get("OptOutType", "").upper(), ""),
    )  # fmt: skip


def listed_text(text: Text, media: Sequence[tuple[str, str]]) -> Sms | None:
    """From the REST list, with the URLs and types of what is attached."""
    sender, to = number(text.from_number), number(text.to_number)
    if not _is_sid(text.sid) or not sender or not to:
        return None
    attachments = tuple(
        attachment(url, kind, sid=text.sid, number=place) for place, (url, kind) in enumerate(media[:MOST])
    )
    return Sms(text.sid, sender, to, text.body, text.at, attachments)


def read_status(form: Form) -> Status | None:
    fields = dict(form)
    sid = fields.get("MessageSid") or fields.get("SmsSid") or ""
    status = (fields.get("MessageStatus") or fields.get("SmsStatus") or "").lower()
    if not _is_sid(sid) or not status.replace("_", "").isalpha():
        return None
    code = fields.get("ErrorCode", "")
    return Status(
        sid, status, int(code) if code.isdecimal() else None, fields.get("From", ""), fields.get("To", "")
    )


def arrival(sms: Sms, account: str, raw: bytes, ours: frozenset[str]) -> Arrival:
    """`ours`: all numbers that we have."""
    return Arrival(sms.key, CHANNEL, account, raw, _content(sms, account, ours), sms.at)


def raw_of(text: Text) -> bytes:
    """What is kept of a text that came by the REST list."""
    return json.dumps(
        {"sid": text.sid, "from": text.from_number, "to": text.to_number, "body": text.body, "at": text.at}
    ).encode()


def number(text: str) -> str:
    """E.164 where it is a number, else as it came: a short code, or a name."""
    return e164.parse(text) or text.strip()[:_LONGEST_ID]


def _content(sms: Sms, account: str, ours: frozenset[str]) -> Inbound | Unusable:
    if sms.sender in ours:
        return Unusable("from one of our own numbers")
    if not (text := sms.text):
        return Unusable("an empty message")
    return Inbound(
        channel=CHANNEL,
        sender=Sender(sms.sender),
        text=text,
        sent_at=sms.at,
        account=account,
        reply_to=Address(CHANNEL, sms.sender, account),
        message_id=sms.sid,
        files=tuple(file for each in sms.attachments if (file := each.file) is not None),
        wish=sms.wish,
    )


def _attached(fields: Mapping[str, str], sid: str) -> tuple[Attachment, ...]:
    said = fields.get("NumMedia", "0")
    count = min(int(said), MOST) if said.isascii() and said.isdecimal() and len(said) < 4 else 0
    urls = [(place, fields.get(f"MediaUrl{place}", "")) for place in range(count)]
    return tuple(
        attachment(url, fields.get(f"MediaContentType{place}", ""), sid=sid, number=place)
        for place, url in urls
        if url
    )


def _is_sid(sid: str) -> bool:
    return sid.isascii() and sid.isalnum() and 2 < len(sid) <= _LONGEST_ID
