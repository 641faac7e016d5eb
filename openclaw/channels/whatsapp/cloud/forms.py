"""As what a file is shown, and which files Meta takes. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from openclaw.types.errors import EnclosureError
from openclaw.types.messages import Enclosure

Kind = Literal["image", "audio", "video", "document"]
LONGEST_CAPTION = 1024
_MB = 1_000_000
_OFFICE = "application/vnd.openxmlformats-officedocument."
_KINDS: Mapping[str, Kind] = {
    "image/jpeg": "image", "image/png": "image",
    "audio/aac": "audio", "audio/amr": "audio", "audio/mpeg": "audio", "audio/mp4": "audio", "audio/ogg": "audio",
    "video/mp4": "video", "video/3gpp": "video",
    "text/plain": "document", "application/pdf": "document", "application/msword": "document",
    "application/vnd.ms-excel": "document", "application/vnd.ms-powerpoint": "document",
    f"{_OFFICE}wordprocessingml.document": "document", f"{_OFFICE}spreadsheetml.sheet": "document",
    f"{_OFFICE}presentationml.presentation": "document",
}  # fmt: skip
_NAMED_OTHERWISE = {"audio/opus": "audio/ogg", "audio/x-m4a": "audio/mp4", "audio/mp4a-latm": "audio/mp4"}
_MOST: Mapping[Kind, int] = {"image": 5 * _MB, "audio": 16 * _MB, "video": 16 * _MB, "document": 100 * _MB}
_TEXTS = frozenset({"application/json", "application/xml", "application/yaml", "application/toml"})
TAKEN = "JPEG and PNG pictures, audio, MP4, PDF, office documents and plain text"


@dataclass(frozen=True, slots=True)
class Form:
    kind: Kind
    media_type: str
    """As Meta is told."""

    @property
    def captioned(self) -> bool:
        return self.kind != "audio"


def form_of(file: Enclosure) -> Form:
    """Raises EnclosureError."""
    said = _NAMED_OTHERWISE.get(file.media_type, file.media_type)
    if said not in _KINDS and (said.startswith("text/") or said in _TEXTS):
        said = "text/plain"
    if (kind := _KINDS.get(said)) is None:
        raise EnclosureError(f"WhatsApp takes no {file.media_type} ({file.name}): it takes {TAKEN}")
    if file.size > _MOST[kind]:
        raise EnclosureError(
            f"{file.name} has {file.size:,} bytes, and WhatsApp takes {_MOST[kind]:,} of {said}: make it smaller first"
        )
    return Form(kind, said)
