"""What a message says, whatever it is made of. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from openclaw.channels.whatsapp.cloud.fields import (
    MalformedError,
    Object,
    clean,
    objects,
    optional,
    part,
    text,
)
from openclaw.channels.whatsapp.files import media_type, place, shown_name
from openclaw.types.messages import Attachment, AttachmentKind, Unusable

_KINDS: Mapping[str, AttachmentKind] = {
    "image": "photo",
    "audio": "audio",
    "video": "video",
    "document": "document",
    "sticker": "sticker",
}
"""WhatsApp's names, and ours."""
_MOST_CONTACTS = 10
_LONGEST_FORM = 4000


@dataclass(frozen=True, slots=True)
class Said:
    text: str
    files: tuple[Attachment, ...] = ()
    bare: bool = False
    """The words of a button: what it stood below is no context."""


def words(message: Object, at_ms: int) -> Said | Unusable:
    """Raises MalformedError."""
    kind = text(message, "type")
    if kind in _KINDS:
        return _media(kind, part(message, kind), at_ms)
    if (read := _READ.get(kind)) is None:
        return Unusable(f"{kind[:40]}: a kind of message that is not read")
    return read(message)


def _plain(message: Object) -> Said | Unusable:
    said = optional(part(message, "text"), "body")
    return Said(said) if said.strip() else Unusable("an empty message")


def _media(kind: str, media: Object, at_ms: int) -> Said:
    key, said = text(media, "id"), media_type(optional(media, "mime_type"))
    file = Attachment(
        "voice" if media.get("voice") is True else _KINDS[kind],
        key,
        shown_name(optional(media, "filename")),
        said,
        place=place(key, said, at_ms),
    )
    return Said(f"<media:{kind}>\n{optional(media, 'caption')}".rstrip(), (file,))


def _location(message: Object) -> Said:
    where = part(message, "location")
    place = f"{_degrees(where, 'latitude')}, {_degrees(where, 'longitude')}"
    called = ", ".join(filter(None, (_inline(optional(where, name)) for name in ("name", "address"))))
    return Said(f"[location: {place} ({called})]" if called else f"[location: {place}]")


def _degrees(where: Object, name: str) -> str:
    found = where.get(name)
    if isinstance(found, bool) or not isinstance(found, int | float) or not -180 <= found <= 180:
        raise MalformedError(f"{name} is not an angle")
    return f"{found:g}" if isinstance(found, int) else f"{found:.6f}".rstrip("0").rstrip(".")


def _contacts(message: Object) -> Said | Unusable:
    cards = [_card(contact) for contact in objects(message, "contacts")[:_MOST_CONTACTS]]
    return Said("\n".join(cards)) if cards else Unusable("contacts: none in it")


def _card(contact: Object) -> str:
    name = contact.get("name")
    shown = [optional(name, "formatted_name") if isinstance(name, dict) else ""]
    shown += [optional(each, "phone") or optional(each, "wa_id") for each in objects(contact, "phones")]
    shown += [optional(each, "email") for each in objects(contact, "emails")]
    return f"[contact: {', '.join(filter(None, map(_inline, shown))) or 'without a name'}]"


def _reaction(message: Object) -> Unusable:
    reaction = part(message, "reaction")
    emoji, to = optional(reaction, "emoji")[:16], optional(reaction, "message_id")[:80]
    return Unusable(f"reaction {emoji} to {to}" if emoji else f"a reaction to {to} taken back")


def _interactive(message: Object) -> Said | Unusable:
    answer = part(message, "interactive")
    match answer.get("type"):
        case "button_reply":
            # Our own buttons carry their words as the id; it is as if whoever pressed had written them.
            return Said(text(part(answer, "button_reply"), "id"), bare=True)
        case "list_reply":
            return Said(text(part(answer, "list_reply"), "title"), bare=True)
        case "nfm_reply":
            form = part(answer, "nfm_reply")
            return Said(
                f"[form {_inline(optional(form, 'name'))}]\n{text(form, 'response_json')[:_LONGEST_FORM]}"
            )
        case other:
            return Unusable(f"interactive {clean(str(other))[:40]}: not read")


def _template_button(message: Object) -> Said:
    return Said(text(part(message, "button"), "text"), bare=True)


def _order(message: Object) -> Said:
    order = part(message, "order")
    items = [_item(item) for item in objects(order, "product_items")[:50]]
    note = optional(order, "text")
    return Said("\n".join(["[order]", *items, *([note] if note else [])]))


def _item(item: Object) -> str:
    price = (
        f" at {item.get('item_price')} {_inline(optional(item, 'currency'))}" if "item_price" in item else ""
    )
    name = _inline(optional(item, "product_retailer_id"))
    return clean(f"- {item.get('quantity', 1)} × {name}{price}")[:300]


def _unsupported(message: Object) -> Unusable:
    codes = [str(code) for error in objects(message, "errors") if isinstance(code := error.get("code"), int)]
    return Unusable(f"unsupported by WhatsApp's API (error {', '.join(codes) or '131051'})")


def _inline(said: str) -> str:
    """Beside our own words in brackets."""
    return " ".join(said.replace("[", "(").replace("]", ")").split())[:200]


_READ: Mapping[str, Callable[[Object], Said | Unusable]] = {
    "text": _plain,
    "location": _location,
    "contacts": _contacts,
    "reaction": _reaction,
    "interactive": _interactive,
    "button": _template_button,
    "order": _order,
    "unsupported": _unsupported,
}
