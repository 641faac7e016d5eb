"""What is attached to a text: where its file will be is known before it is fetched."""

import mimetypes
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from openclaw.types import messages

MOST = 10
_EXTENSIONS = {
    "image/jpeg": "jpg", "image/png": "png", "image/gif": "gif", "image/webp": "webp", "image/heic": "heic",
    "audio/mpeg": "mp3", "audio/mp4": "m4a", "audio/ogg": "ogg", "audio/amr": "amr", "audio/3gpp": "3gp",
    "audio/wav": "wav", "audio/x-wav": "wav", "audio/aac": "aac", "audio/webm": "weba",
    "video/mp4": "mp4", "video/3gpp": "3gp", "video/quicktime": "mov", "video/webm": "webm", "video/mpeg": "mpeg",
    "text/vcard": "vcf", "text/x-vcard": "vcf", "text/calendar": "ics", "text/plain": "txt", "text/csv": "csv",
    "application/pdf": "pdf",
}  # fmt: skip
"""The kinds that are fetched. Nothing among them is run or shown as a page."""
_KINDS: Mapping[str, messages.AttachmentKind] = {"image": "photo", "audio": "audio", "video": "video"}
_NAME = re.compile(r"[A-Za-z0-9]{2,64}")


@dataclass(frozen=True, slots=True)
class Attachment:
    url: str
    content_type: str
    path: PurePosixPath | None
    """Beneath the media folder; None for a kind that is not fetched."""

    @property
    def line(self) -> str:
        """Its place among the words of the text."""
        if self.path is None:
            return f"[attachment of type {self.content_type or 'unknown'}, not fetched]"
        kind = self.content_type.partition("/")[0]
        return f"<media:{kind if kind in _KINDS else 'document'}>"

    @property
    def file(self) -> messages.Attachment | None:
        """None for what is not fetched."""
        if self.path is None:
            return None
        kind = _KINDS.get(self.content_type.partition("/")[0], "document")
        return messages.Attachment(kind, self.url, media_type=self.content_type, place=str(self.path))


def attachment(url: str, content_type: str, *, sid: str, number: int) -> Attachment:
    """`number`: its place among those of the text `sid`. The same file has the same place however it is told of."""
    kind = content_type.partition(";")[0].strip().lower()
    extension = _EXTENSIONS.get(kind)
    if extension is None or not _NAME.fullmatch(sid):
        return Attachment(url, kind if mimetypes.guess_extension(kind) else "", None)
    return Attachment(url, kind, PurePosixPath("inbound", f"{sid}-{number}.{extension}"))


def same_kind(promised: str, came: str) -> bool:
    """Whether what came may lie under the name that was promised."""
    return _EXTENSIONS.get(came.partition(";")[0].strip().lower()) == _EXTENSIONS.get(promised)
