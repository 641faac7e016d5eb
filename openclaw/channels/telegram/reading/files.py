"""What is attached to a message. Pure; what is malformed is not there."""

import mimetypes
import re
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any

from openclaw.channels.telegram.reading.fields import in_range, one_line
from openclaw.types.messages import Attachment, AttachmentKind

KINDS: tuple[AttachmentKind, ...] = (
    "photo", "video", "animation", "audio", "voice", "video_note", "sticker", "document",
)  # fmt: skip
"""An animation comes with a document of the same file: the more telling name is first."""
_TYPES: dict[AttachmentKind, str] = {
    "photo": "image/jpeg",
    "voice": "audio/ogg",
    "video_note": "video/mp4",
    "sticker": "image/webp",
}
"""Of the kinds that do not say it."""
_EXTENSIONS = {"audio/ogg": ".ogg", "image/webp": ".webp", "audio/mpeg": ".mp3", "audio/mp4": ".m4a"}
_MOST_PHOTO = 3_750_000
"""Models take no larger one, and Telegram has each photo in several sizes."""
_UNSAFE = re.compile(r"[^\w.-]+")
_KEY = re.compile(r"[\w-]{1,64}", re.ASCII)
_LONGEST = 60


def kind_of(message: dict[str, Any]) -> AttachmentKind | None:
    return next((kind for kind in KINDS if kind in message), None)


def attached(message: dict[str, Any]) -> tuple[Attachment, ...]:
    kind = kind_of(message)
    if kind is None:
        return ()
    file = _largest(message[kind]) if kind == "photo" else message[kind]
    if not isinstance(file, dict) or not isinstance(name := file.get("file_id"), str) or not name:
        return ()
    media_type = _TYPES.get(kind, "")
    if isinstance(said := file.get("mime_type"), str):
        media_type = one_line(said)
    if kind == "sticker" and (file.get("is_animated") is True or file.get("is_video") is True):
        return ()
    given = file.get("file_name")
    return (
        Attachment(
            kind,
            name,
            one_line(given) if isinstance(given, str) else "",
            media_type,
            _size(file.get("file_size")),
            place=_place(file, media_type, message.get("date")),
        ),
    )


def _largest(sizes: object) -> dict[str, Any] | None:
    known = [size for size in sizes if isinstance(size, dict)] if isinstance(sizes, list) else []
    small_enough = [size for size in known if _size(size.get("file_size")) <= _MOST_PHOTO]
    return max(small_enough or known, key=lambda size: _size(size.get("width")), default=None)


def _size(value: object) -> int:
    return value if isinstance(value, int) and in_range(value, 2**53) and value > 0 else 0


def _place(file: dict[str, Any], media_type: str, date: object) -> str:
    """Where it will lie. The same file has the same place, and its name cannot lead anywhere else."""
    day = datetime.fromtimestamp(date if isinstance(date, int) and 0 <= date < 2**35 else 0, UTC)
    key = file.get("file_unique_id")
    key = key if isinstance(key, str) and _KEY.fullmatch(key) else "file"
    given = file.get("file_name")
    stem = PurePosixPath(given.replace("\\", "/")).name if isinstance(given, str) else ""
    stem = _UNSAFE.sub("_", stem).strip("._")[-_LONGEST:].lstrip("._-")
    ending = _EXTENSIONS.get(media_type) or mimetypes.guess_extension(media_type) or ".bin"
    name = f"{key}-{stem}" if stem else f"{key}{ending}"
    return f"inbound/{day:%Y-%m-%d}/{name}"
