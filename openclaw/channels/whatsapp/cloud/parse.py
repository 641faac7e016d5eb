"""What Meta posts → what the gateway takes in. Pure; never raises for what a body holds."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from openclaw.channels.whatsapp.cloud.fields import MalformedError, Object, clean, objects, optional, text
from openclaw.channels.whatsapp.cloud.words import words
from openclaw.channels.whatsapp.config import CHANNEL
from openclaw.types import e164
from openclaw.types.messages import Address, Arrival, Inbound, Quoted, Sender, Unusable
from openclaw.types.receipts import ReceiptStatus

_LARGEST_DATE = 253_402_300_799
_STATUSES = frozenset(get_args(ReceiptStatus))

Recall = Callable[[str], Quoted | None]
"""What a message said, by its id, where it is still remembered."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message as it stands in a body, with what stands around it."""

    phone_number_id: str
    raw: Object
    contacts: tuple[Object, ...]

    @property
    def id(self) -> str:
        return optional(self.raw, "id")

    @property
    def is_from_ad(self) -> bool:
        referral = self.raw.get("referral")
        return isinstance(referral, dict) and "ctwa_clid" in referral


@dataclass(frozen=True, slots=True)
class Status:
    phone_number_id: str
    message_id: str
    status: ReceiptStatus
    recipient: str
    """A number or a user id; empty where it is not told."""
    outbox_id: str = ""
    code: int | None = None
    said: str = ""


@dataclass(frozen=True, slots=True)
class Body:
    messages: tuple[Message, ...] = ()
    statuses: tuple[Status, ...] = ()
    problems: tuple[str, ...] = ()
    """What Meta tells about the account itself."""


def read_body(raw: bytes) -> Body | None:
    """None for what is not of WhatsApp's form."""
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    if not isinstance(body, dict) or not isinstance(body.get("entry"), list):
        return None
    values = [value for entry in objects(body, "entry") for value in _values(entry)]
    return Body(
        tuple(message for value in values for message in _messages(value)),
        tuple(status for value in values for status in _statuses(value)),
        tuple(problem for value in values for problem in _problems(value)),
    )


def read_message(message: Message, account: str, recall: Recall) -> Arrival:
    raw = json.dumps(
        {
            "phone_number_id": message.phone_number_id,
            "contacts": message.contacts,
            "message": message.raw,
        },
        separators=(",", ":"),
    ).encode()
    key = f"{CHANNEL}:{message.phone_number_id}:{message.id}"
    if not message.id:
        key = f"{CHANNEL}:{message.phone_number_id}:sha256:{hashlib.sha256(raw).hexdigest()}"
    try:
        content = _content(message, account, recall)
    except MalformedError as error:
        content = Unusable(f"a malformed message: {error}", dead=True)
    return Arrival(key, CHANNEL, account, raw, content)


def unreadable(raw: bytes, account: str) -> Arrival:
    """Signed, and yet not of the form that is known: kept as it is."""
    key = f"{CHANNEL}:{account}:sha256:{hashlib.sha256(raw).hexdigest()}"
    return Arrival(key, CHANNEL, account, raw, Unusable("a body that is not of WhatsApp's form", dead=True))


def phone(wa_id: str) -> str:
    """WhatsApp writes numbers without `+`; empty for what is none."""
    return e164.parse(f"+{wa_id.removeprefix('+')}") or "" if wa_id.isascii() else ""


def _content(message: Message, account: str, recall: Recall) -> Inbound | Unusable:
    raw = message.raw
    text(raw, "id")
    at = _time(raw)
    who = _who(message)
    if who is None:
        return Unusable(f"{_kind(raw)}: told by WhatsApp itself")
    said = words(raw, at)
    if isinstance(said, Unusable):
        return said
    sender, chat = who
    group = optional(raw, "group_id")
    return Inbound(
        channel=CHANNEL,
        sender=sender,
        text=f"{said.text}\n[forwarded]" if _forwarded(raw) else said.text,
        sent_at=at,
        account=account,
        chat_type="group" if group else "direct",
        reply_to=Address(CHANNEL, group or chat, account),
        message_id=message.id,
        files=said.files,
        quoted=None if said.bare else _answered(raw, recall),
    )


def _who(message: Message) -> tuple[Sender, str] | None:
    """The sender, and where an answer goes. The user id stays when somebody hides their number."""
    raw = message.raw
    wa_id, user_id = optional(raw, "from"), optional(raw, "from_user_id")
    contact = _contact(message.contacts, wa_id, user_id)
    wa_id = wa_id or optional(contact, "wa_id")
    user_id = user_id or optional(contact, "user_id")
    number = phone(wa_id)
    sender = user_id or number
    if not sender or _kind(raw) == "system":
        return None
    profile = contact.get("profile")
    name = optional(profile, "name") if isinstance(profile, dict) else ""
    aliases = (number,) if user_id and number else ()
    return Sender(sender, clean(" ".join(name.split()))[:100], aliases), number or user_id


def _contact(contacts: tuple[Object, ...], wa_id: str, user_id: str) -> Object:
    """A batch may come from several people; a single contact is the sender's whatever it says of ids."""
    for contact in contacts:
        known = {optional(contact, "wa_id"), optional(contact, "user_id")} - {""}
        if known & {wa_id, user_id}:
            return contact
    return contacts[0] if len(contacts) == 1 and not (wa_id or user_id) else {}


def _answered(raw: Object, recall: Recall) -> Quoted | None:
    """WhatsApp names what is answered by its id alone."""
    context = raw.get("context")
    answered = optional(context, "id") if isinstance(context, dict) else ""
    return recall(answered) if answered else None


def _forwarded(raw: Object) -> bool:
    context = raw.get("context")
    return isinstance(context, dict) and (
        context.get("forwarded") is True or context.get("frequently_forwarded") is True
    )


def _kind(raw: Object) -> str:
    kind = raw.get("type")
    return clean(kind)[:40] if isinstance(kind, str) else "nothing"


def _time(raw: Object) -> int:
    written = raw.get("timestamp")
    if isinstance(written, str) and written.isascii() and written.isdecimal() and len(written) <= 12:
        written = int(written)
    if not isinstance(written, int) or isinstance(written, bool) or not 0 <= written <= _LARGEST_DATE:
        raise MalformedError("timestamp is not a time")
    return written * 1000


def _values(entry: Object) -> Iterator[Object]:
    for change in objects(entry, "changes"):
        value = change.get("value")
        if change.get("field") == "messages" and isinstance(value, dict):
            yield value


def _number_id(value: Object) -> str:
    metadata = value.get("metadata")
    return optional(metadata, "phone_number_id") if isinstance(metadata, dict) else ""


def _messages(value: Object) -> Iterator[Message]:
    contacts = tuple(objects(value, "contacts"))
    for raw in objects(value, "messages"):
        yield Message(_number_id(value), raw, contacts)


def _statuses(value: Object) -> Iterator[Status]:
    for raw in objects(value, "statuses"):
        status, message_id = optional(raw, "status"), optional(raw, "id")
        status = "read" if status == "played" else status
        if status not in _STATUSES or not message_id:
            continue
        error: Mapping[str, Any] = next(iter(objects(raw, "errors")), {})
        code = error.get("code")
        yield Status(
            _number_id(value),
            message_id,
            status,  # type: ignore[arg-type] # one of _STATUSES
            phone(optional(raw, "recipient_id")) or optional(raw, "recipient_user_id"),
            optional(raw, "biz_opaque_callback_data"),
            code if isinstance(code, int) else None,
            error_text(error),
        )


def _problems(value: Object) -> Iterator[str]:
    for error in objects(value, "errors"):
        yield f"{error_text(error)} (error {error.get('code')})"


def error_text(error: Mapping[str, Any]) -> str:
    data = error.get("error_data")
    details = data.get("details") if isinstance(data, dict) else None
    found = details or error.get("message") or error.get("title")
    return clean(found)[:300] if isinstance(found, str) else ""
