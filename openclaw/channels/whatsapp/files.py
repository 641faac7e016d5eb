"""What people attach: what is told of it, and its place on our disk."""

import re
from datetime import UTC, datetime
from pathlib import Path

import anyio.to_thread

from openclaw.files import file_away
from openclaw.types.channel import Fetched
from openclaw.types.errors import FetchError
from openclaw.types.messages import Attachment

_EXTENSIONS = {
    "image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "image/gif": "gif", "image/heic": "heic",
    "audio/aac": "aac", "audio/amr": "amr", "audio/mpeg": "mp3", "audio/mp4": "m4a", "audio/ogg": "ogg",
    "audio/opus": "opus", "audio/wav": "wav",
    "video/mp4": "mp4", "video/3gpp": "3gp", "video/quicktime": "mov",
    "text/plain": "txt", "text/csv": "csv", "text/vcard": "vcf", "text/calendar": "ics",
    "application/pdf": "pdf", "application/json": "json", "application/zip": "zip", "application/rtf": "rtf",
    "application/msword": "doc", "application/vnd.ms-excel": "xls", "application/vnd.ms-powerpoint": "ppt",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
    "application/vnd.oasis.opendocument.text": "odt", "application/vnd.oasis.opendocument.spreadsheet": "ods",
}  # fmt: skip
_UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")
_LONGEST_KEY = 80
_LONGEST_NAME = 80
_TYPE = re.compile(r"[a-z0-9.+-]{1,40}/[a-z0-9.+-]{1,100}", re.ASCII)


def media_type(said: str) -> str:
    """Without what follows it; empty for what is none."""
    bare = said.partition(";")[0].strip().lower()
    return bare if _TYPE.fullmatch(bare) else ""


def place(key: str, kind: str, at_ms: int) -> str:
    """Beneath the media folder. The same file has the same place, and its key cannot lead anywhere else."""
    name = _UNSAFE.sub("_", key)[:_LONGEST_KEY]
    day = datetime.fromtimestamp(at_ms / 1000, UTC)
    return f"inbound/{day:%Y-%m-%d}/wa-{name}.{_EXTENSIONS.get(media_type(kind), 'bin')}"


def shown_name(name: str) -> str:
    """A sender's own name for a file, among our words in brackets."""
    bare = "".join(letter for letter in name if letter.isprintable() and letter not in "[]")
    return " ".join(bare.split())[:_LONGEST_NAME]


async def keep(media: Path, file: Attachment, data: bytes) -> Fetched:
    try:
        await anyio.to_thread.run_sync(file_away, media / file.place, data)
    except OSError as error:
        raise FetchError(f"it could not be written: {error.strerror}") from error
    return Fetched(f"{media.name}/{file.place}", data)
