"""Parameters, refusals and messages of the Bot API."""

import json
import re
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any
from urllib.parse import parse_qsl

from tests.fake.http import HttpRequest
from tests.fake.telegram_html import CannotParseError, utf16_length, visible_text

Json = dict[str, Any]
PLAIN_FIELDS = frozenset(
    {"text", "caption", "parse_mode", "url", "secret_token", "action", "inline_message_id"}
)
MAX_TEXT = 4096


@dataclass(frozen=True, slots=True)
class Call:
    method: str
    params: Json
    at: float


@dataclass(frozen=True, slots=True)
class SentFile:
    name: str
    media_type: str
    content: bytes


@dataclass(slots=True)
class Sent:
    """A message as people see it; `markup` is what was sent to make it look so."""

    chat: int
    text: str
    message_id: int
    at: float
    parse_mode: str | None = None
    markup: str = ""
    params: Json = field(default_factory=dict)
    buttons: dict[str, str] = field(default_factory=dict)
    """Label → what a press of it sends."""
    kind: str = "text"
    """Or photo, voice, document: then `text` is its caption."""
    file: SentFile | None = None


class ApiRefusal(Exception):
    def __init__(self, status: int, description: str, parameters: Json | None = None) -> None:
        super().__init__(description)
        self.status = status
        self.parameters = parameters

    def body(self) -> Json:
        extra = {"parameters": self.parameters} if self.parameters else {}
        return {"ok": False, "error_code": self.status, "description": str(self), **extra}


def params_of(request: HttpRequest) -> Json:
    """Values as the API reads them: text stays text, everything else is JSON where it parses."""
    params: Json = dict(request.query)
    kind = request.headers.get("content-type", "")
    if kind.startswith("application/json"):
        params.update(json.loads(request.body))
        return params
    if kind.startswith("multipart/form-data"):
        return params | _multipart(kind, request.body)
    try:
        params.update(parse_qsl(request.body.decode(), keep_blank_values=True, errors="strict"))
    except UnicodeDecodeError:
        raise ApiRefusal(400, "Bad Request: strings must be encoded in UTF-8") from None
    return {name: value if name in PLAIN_FIELDS else _decoded(value) for name, value in params.items()}


def _multipart(content_type: str, body: bytes) -> Json:
    whole = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body)
    params: Json = {}
    for part in whole.iter_parts():
        name, content = part.get_param("name", header="content-disposition"), part.get_payload(decode=True)
        assert isinstance(name, str)
        assert isinstance(content, bytes)
        if (file := part.get_filename()) is not None:
            params[name] = SentFile(file, part.get_content_type(), content)
        else:
            text = content.decode()
            params[name] = text if name in PLAIN_FIELDS else _decoded(text)
    return params


def _decoded(value: str) -> object:
    try:
        return json.loads(value)
    except ValueError:
        return value


def chat_of(params: Json) -> int:
    chat = params.get("chat_id")
    if not isinstance(chat, int):
        raise ApiRefusal(400, "Bad Request: chat not found" if chat else "Bad Request: chat_id is empty")
    return chat


def seen_text(params: Json) -> str:
    text = seen(params, "text")
    if not text:
        raise ApiRefusal(400, "Bad Request: message text is empty")
    if utf16_length(text) > MAX_TEXT:
        raise ApiRefusal(400, "Bad Request: message is too long")
    return text


def seen(params: Json, field: str) -> str:
    text = str(params.get(field, ""))
    if params.get("parse_mode") == "HTML":
        try:
            text = visible_text(text)
        except CannotParseError as reason:
            raise ApiRefusal(400, f"Bad Request: can't parse entities: {reason}") from None
    return text.strip()


def marks_of(text: str) -> list[Json]:
    """The entities that Telegram finds by itself: names and commands."""
    found = re.finditer(r"(?<!\S)(?:@\w+|/\w+(?:@\w+)?)", text)
    return [
        {
            "type": "mention" if match[0][0] == "@" else "bot_command",
            "offset": utf16_length(text[: match.start()]),
            "length": utf16_length(match[0]),
        }
        for match in found
    ]


def buttons_of(params: Json) -> dict[str, str]:
    keyboard = (params.get("reply_markup") or {}).get("inline_keyboard", [])
    buttons = {key["text"]: key["callback_data"] for row in keyboard for key in row}
    if any(not 1 <= len(data.encode()) <= 64 for data in buttons.values()):
        raise ApiRefusal(400, "Bad Request: BUTTON_DATA_INVALID")
    return buttons
