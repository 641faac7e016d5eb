"""What a client attaches to a message: files in base64, checked whole before any of them is kept. Pure."""

import base64
import binascii
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Literal

from openclaw.agent.tools.base import ToolError
from openclaw.agent.tools.files import pictures
from openclaw.agent.tools.files.pictures import inspect, media_type
from openclaw.types.errors import OpenClawError
from openclaw.types.messages import AttachmentKind

MOST = 10
MOST_BYTES = 10_000_000
"""Of one file."""
MOST_PICTURE_BYTES = pictures.MOST_BYTES
MOST_BYTES_TOGETHER = 18_000_000
"""In base64 they still fit into one frame."""
TAKEN = "pictures (PNG, JPEG, GIF, WebP), PDF and text files are taken"
_PDF = b"%PDF-"
_PDF_BEGINS_WITHIN = 1024
"""Readers pass over what stands before it."""
_LONGEST_NAME = 80
_TEXT_TYPES = frozenset(
    f"application/{name}" for name in ("json", "xml", "yaml", "toml", "javascript", "x-sh", "sql", "x-ndjson")
)
_CONTROLS = bytes({*range(32)} - {*b"\t\n\r\f\x1b"})

Refusal = Literal["TOO_MANY_ATTACHMENTS", "ATTACHMENT_INVALID", "ATTACHMENT_TOO_LARGE", "ATTACHMENT_TYPE"]


class UnfitError(OpenClawError):
    """A file that is not taken; none of its message is."""

    def __init__(self, code: Refusal, message: str, place: int = 0) -> None:
        super().__init__(message)
        self.code = code
        self.place = place


@dataclass(frozen=True, slots=True)
class Enclosed:
    kind: AttachmentKind
    name: str
    """As it is shown; empty where the client has said none."""
    media_type: str
    """As its bytes say."""
    data: bytes


def read(given: Sequence[Mapping[str, Any]]) -> tuple[Enclosed, ...]:
    """As the original's clients send them: `{type, mimeType, fileName, content}`. Raises UnfitError."""
    if len(given) > MOST:
        raise UnfitError(
            "TOO_MANY_ATTACHMENTS", f"a message takes {MOST} files at most, not {len(given)}", MOST
        )
    return tuple(_read_all(given))


def _read_all(given: Sequence[Mapping[str, Any]]) -> Iterator[Enclosed]:
    room = MOST_BYTES_TOGETHER
    for place, each in enumerate(given):
        name = shown_name(each.get("fileName"))
        data = _bytes(each, name or f"attachment {place + 1}", place)
        if (room := room - len(data)) < 0:
            together = f"the files of a message may have {_megabytes(MOST_BYTES_TOGETHER)} together"
            raise UnfitError("ATTACHMENT_TOO_LARGE", together, place)
        yield _recognised(data, name, str(each.get("mimeType") or ""), place)


def _bytes(each: Mapping[str, Any], title: str, place: int) -> bytes:
    source = each.get("source")
    content = each.get("content") or (source.get("data") if isinstance(source, Mapping) else None)
    if not isinstance(content, str):
        raise UnfitError("ATTACHMENT_INVALID", f"{title}: content must be its bytes in base64", place)
    if content.startswith("data:"):
        content = content.partition(",")[2]
    if len(content) > MOST_BYTES * 4 // 3 + 4:
        raise UnfitError("ATTACHMENT_TOO_LARGE", f"{title}: a file may have {_megabytes(MOST_BYTES)}", place)
    try:
        data = base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError):
        raise UnfitError("ATTACHMENT_INVALID", f"{title}: content is no base64", place) from None
    if not data:
        raise UnfitError("ATTACHMENT_INVALID", f"{title} is empty", place)
    return data


def _recognised(data: bytes, name: str, said: str, place: int) -> Enclosed:
    title = name or f"attachment {place + 1}"
    if media_type(data) is not None:
        return Enclosed("photo", name, _picture(data, title, place), data)
    if _PDF in data[:_PDF_BEGINS_WITHIN]:
        return Enclosed("document", name, "application/pdf", data)
    if _is_text(data):
        bare = said.partition(";")[0].strip().lower()
        known = bare.startswith("text/") or bare in _TEXT_TYPES
        return Enclosed("document", name, bare if known else "text/plain", data)
    raise UnfitError("ATTACHMENT_TYPE", f"{title} is none that can be shown: {TAKEN}", place)


def _picture(data: bytes, title: str, place: int) -> str:
    if len(data) > MOST_PICTURE_BYTES:
        most = f"{title}: a picture may have {_megabytes(MOST_PICTURE_BYTES)}, models take no larger one"
        raise UnfitError("ATTACHMENT_TOO_LARGE", most, place)
    try:
        return inspect(data).media_type
    except ToolError as error:
        # What the decoder stumbled over tells nobody how to mend it.
        reason = str(error).partition(": ")[0]
        raise UnfitError("ATTACHMENT_INVALID", f"{title}: {reason}", place) from None


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return len(data.translate(None, _CONTROLS)) == len(data)


def shown_name(name: object) -> str:
    """A client's own name for a file, among our words in brackets."""
    if not isinstance(name, str):
        return ""
    last = PurePosixPath(name.replace("\\", "/")).name
    bare = "".join(letter for letter in last if letter.isprintable() and letter not in "[]()")
    return " ".join(bare.split())[-_LONGEST_NAME:]


def _megabytes(count: int) -> str:
    return f"{count / 1_000_000:g} MB"
