"""What is sent, in WhatsApp's form. Pure."""

from collections.abc import Sequence
from typing import Any

from openclaw.channels.whatsapp.cloud.forms import Form
from openclaw.channels.whatsapp.config import Template
from openclaw.types import e164
from openclaw.types.messages import Address, Button, Outbound, Part

Json = dict[str, Any]
MOST_BUTTONS = 3
LONGEST_WITH_BUTTONS = 1024
_LONGEST_TITLE = 20
_LONGEST_WORDS = 256
LONGEST_PARAMETER = 1024


def message(outbound: Outbound) -> Json:
    said = outbound.part.text
    if fits_buttons(said, outbound.part.buttons):
        content: Json = {
            "type": "interactive",
            "interactive": {
                "type": "button",
                "body": {"text": said},
                "action": {"buttons": [_button(button) for button in outbound.part.buttons]},
            },
        }
    else:
        # A preview would have Meta fetch whatever address the model writes.
        content = {"type": "text", "text": {"body": said, "preview_url": False}}
    if outbound.reply_to_message:
        content["context"] = {"message_id": outbound.reply_to_message}
    return {**envelope(outbound), **content}


def by_template(outbound: Outbound, template: Template) -> Json:
    parameters = [{"type": "text", "text": parameter(outbound.part.text)}]
    shaped = {
        "name": template.name,
        "language": {"code": template.language},
        "components": [{"type": "body", "parameters": parameters}],
    }
    return {**envelope(outbound), "type": "template", "template": shaped}


def with_file(outbound: Outbound, form: Form, media_id: str, name: str) -> Json:
    shown: Json = {"id": media_id}
    if outbound.part.text and form.captioned:
        shown["caption"] = outbound.part.text
    if form.kind == "document":
        shown["filename"] = name
    sent: Json = {**envelope(outbound), "type": form.kind, form.kind: shown}
    return (
        {**sent, "context": {"message_id": outbound.reply_to_message}} if outbound.reply_to_message else sent
    )


def reaction(to: Address, message_id: str, emoji: str) -> Json:
    about = {"message_id": message_id, "emoji": emoji}
    return {**envelope(Outbound("", to, Part(""))), "type": "reaction", "reaction": about}


def envelope(outbound: Outbound) -> Json:
    to = outbound.to.chat
    # People who hide their number are known by their user id alone.
    number = e164.parse(to) or (e164.parse(f"+{to}") if to.isdecimal() else None)
    whom = {"to": number} if number else {"recipient": to}
    ours = {"biz_opaque_callback_data": outbound.id} if outbound.id else {}
    return {"messaging_product": "whatsapp", "recipient_type": "individual", **whom, **ours}


def fits_buttons(said: str, buttons: Sequence[Button]) -> bool:
    return (
        0 < len(buttons) <= MOST_BUTTONS
        and len(said) <= LONGEST_WITH_BUTTONS
        and all(len(button.words) <= _LONGEST_WORDS for button in buttons)
    )


def parameter(said: str) -> str:
    """A template's parameter is one line."""
    line = " ".join(said.split())
    return line if len(line) <= LONGEST_PARAMETER else f"{line[: LONGEST_PARAMETER - 1]}…"


def _button(button: Button) -> Json:
    title = button.label if len(button.label) <= _LONGEST_TITLE else f"{button.label[: _LONGEST_TITLE - 1]}…"
    return {"type": "reply", "reply": {"id": button.words, "title": title}}
