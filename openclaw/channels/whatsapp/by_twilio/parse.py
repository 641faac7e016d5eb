"""What Twilio posts of a WhatsApp message → what the gateway takes in. Pure; never raises for what a form holds."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from openclaw.channels.twilio.signature import Form
from openclaw.channels.whatsapp.config import CHANNEL
from openclaw.channels.whatsapp.files import media_type, place
from openclaw.types import e164
from openclaw.types.messages import (
    Address,
    Arrival,
    Attachment,
    AttachmentKind,
    Inbound,
    Quoted,
    Sender,
    Unusable,
)

PREFIX = "whatsapp:"
_LONGEST_ID = 64
_LONGEST_NAME = 100
_MOST_FILES = 10
_KINDS: Mapping[str, AttachmentKind] = {"image": "photo", "audio": "audio", "video": "video"}


@dataclass(frozen=True, slots=True)
class Note:
    """One message to us."""

    sid: str
    sender: str
    """E.164, or the user id of somebody who hides their number."""
    to: str
    name: str
    said: str
    quotes: str = ""
    """The sid of the message that it answers."""
    files: tuple[tuple[str, str], ...] = ()
    """URL and type of each."""

    @property
    def key(self) -> str:
        return f"{CHANNEL}:{self.sid}"


@dataclass(frozen=True, slots=True)
class Status:
    sid: str
    status: str
    to: str
    code: int | None


def read(form: Form) -> Note | Status | None:
    """None for what is neither a message nor a status."""
    fields = dict(form)
    sid = fields.get("MessageSid") or fields.get("SmsSid") or ""
    if not (sid.isascii() and sid.isalnum() and 2 < len(sid) <= _LONGEST_ID):
        return None
    status = fields.get("MessageStatus", "").lower()
    if status and status != "received" and "Body" not in fields:
        code = fields.get("ErrorCode", "")
        return Status(sid, status, person(fields.get("To", "")), int(code) if code.isdecimal() else None)
    sender, to = person(fields.get("From", "")), person(fields.get("To", ""))
    if not sender or not to:
        return None
    name = " ".join(fields.get("ProfileName", "").split())[:_LONGEST_NAME]
    return Note(
        sid,
        sender,
        to,
        name,
        _said(fields),
        fields.get("OriginalRepliedMessageSid", ""),
        _attached(fields),
    )


def person(address: str) -> str:
    """Empty for what is no WhatsApp address."""
    if not address.startswith(PREFIX):
        return ""
    bare = address.removeprefix(PREFIX).strip()
    return e164.parse(bare) or (bare[:_LONGEST_ID] if bare.isascii() else "")


def arrival(note: Note, account: str, raw: bytes, now: int, quoted: Quoted | None) -> Arrival:
    """`quoted`: what the message said that this one answers, where it is remembered."""
    return Arrival(note.key, CHANNEL, account, raw, _content(note, account, now, quoted))


def unreadable(raw: bytes, account: str) -> Arrival:
    key = f"{CHANNEL}:{account}:sha256:{hashlib.sha256(raw).hexdigest()}"
    return Arrival(key, CHANNEL, account, raw, Unusable("neither a message nor a status", dead=True))


def _content(note: Note, account: str, now: int, quoted: Quoted | None) -> Inbound | Unusable:
    files = tuple(_attachment(note, number, now) for number in range(len(note.files)))
    text = "\n".join([*(f"<media:{_named(kind)}>" for _, kind in note.files), note.said]).strip()
    if not text:
        return Unusable("an empty message")
    return Inbound(
        channel=CHANNEL,
        sender=Sender(note.sender, note.name),
        text=text,
        sent_at=now,
        account=account,
        reply_to=Address(CHANNEL, note.sender, account),
        message_id=note.sid,
        files=files,
        quoted=quoted,
    )


def _attachment(note: Note, number: int, at_ms: int) -> Attachment:
    url, said = note.files[number]
    kind = _KINDS.get(_named(said), "document")
    return Attachment(kind, url, "", media_type(said), place=place(f"{note.sid}-{number}", said, at_ms))


def _named(said: str) -> str:
    name = media_type(said).partition("/")[0]
    return name if name in _KINDS else "document"


def _said(fields: dict[str, str]) -> str:
    """A button says its payload, a place where it is."""
    said = fields.get("ButtonPayload") or fields.get("Body", "")
    latitude, longitude = fields.get("Latitude", ""), fields.get("Longitude", "")
    if not latitude or not longitude:
        return said
    called = ", ".join(filter(None, (fields.get("Label", ""), fields.get("Address", ""))))
    place = f"[location: {latitude[:20]}, {longitude[:20]}" + (f" ({called[:200]})]" if called else "]")
    return f"{place}\n{said}".rstrip()


def _attached(fields: dict[str, str]) -> tuple[tuple[str, str], ...]:
    said = fields.get("NumMedia", "0")
    count = min(int(said), _MOST_FILES) if said.isascii() and said.isdecimal() and len(said) < 4 else 0
    found = [
        (fields.get(f"MediaUrl{number}", ""), fields.get(f"MediaContentType{number}", ""))
        for number in range(count)
    ]
    return tuple((url, kind) for url, kind in found if url)
