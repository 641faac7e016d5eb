"""Files of the Bot API: what people have sent, and what bots send."""

import time
from typing import Protocol

from tests.fake.telegram_html import utf16_length
from tests.fake.telegram_wire import ApiRefusal, Json, Sent, SentFile, buttons_of, chat_of, seen

MOST_DOWNLOAD = 20_000_000
MOST_PHOTO = 10_000_000
MAX_CAPTION = 1024
_PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF")


class House(Protocol):
    """The rest of the fake."""

    files: dict[str, bytes]

    def keep_sent(self, sent: Sent) -> Json: ...

    def next_message(self) -> int: ...


class TelegramFiles:
    async def _api_getfile(self: House, params: Json) -> Json:
        name = str(params.get("file_id", ""))
        if name not in self.files:
            raise ApiRefusal(400, "Bad Request: wrong file_id or the file is temporarily unavailable")
        if len(self.files[name]) > MOST_DOWNLOAD:
            raise ApiRefusal(400, "Bad Request: file is too big")
        size = len(self.files[name])
        return {
            "file_id": name,
            "file_unique_id": f"U{name}",
            "file_size": size,
            "file_path": f"files/{name}",
        }

    async def _api_sendphoto(self: House, params: Json) -> Json:
        file = _file(params, "photo")
        if len(file.content) > MOST_PHOTO:
            raise ApiRefusal(400, "Bad Request: too big for a photo")
        if not file.content.startswith(_PICTURES):
            raise ApiRefusal(400, "Bad Request: IMAGE_PROCESS_FAILED")
        return self.keep_sent(_shown(self, "photo", file, params))

    async def _api_sendvoice(self: House, params: Json) -> Json:
        return self.keep_sent(_shown(self, "voice", _file(params, "voice"), params))

    async def _api_senddocument(self: House, params: Json) -> Json:
        return self.keep_sent(_shown(self, "document", _file(params, "document"), params))


def _file(params: Json, field: str) -> SentFile:
    file = params.get(field)
    if not isinstance(file, SentFile):
        raise ApiRefusal(400, f"Bad Request: there is no {field} in the request")
    if not file.content:
        raise ApiRefusal(400, "Bad Request: file must be non-empty")
    return file


def _shown(house: House, kind: str, file: SentFile, params: Json) -> Sent:
    text = seen(params, "caption")
    if utf16_length(text) > MAX_CAPTION:
        raise ApiRefusal(400, "Bad Request: message caption is too long")
    return Sent(
        chat=chat_of(params),
        text=text,
        message_id=house.next_message(),
        at=time.monotonic(),
        parse_mode=params.get("parse_mode"),
        markup=str(params.get("caption", "")),
        params=params,
        buttons=buttons_of(params),
        kind=kind,
        file=file,
    )
