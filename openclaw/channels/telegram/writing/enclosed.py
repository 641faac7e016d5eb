"""As what a file is shown, and which files Telegram takes from a bot. Pure."""

from typing import Literal

from openclaw.types.errors import EnclosureError
from openclaw.types.messages import Enclosure

Form = Literal["photo", "voice", "document"]

LONGEST_CAPTION = 1024
"""UTF-16 units after reading the markup."""
_MOST = 50_000_000
_MOST_PHOTO = 10_000_000
_PHOTOS = frozenset({"image/jpeg", "image/png", "image/webp"})
_VOICES = frozenset({"audio/ogg", "audio/opus"})


def form_of(file: Enclosure) -> Form:
    """Raises EnclosureError."""
    if file.size > _MOST:
        raise EnclosureError(
            f"{file.name} has {file.size:,} bytes, and Telegram takes {_MOST:,} from a bot: make it smaller first"
        )
    if file.media_type in _PHOTOS and file.size <= _MOST_PHOTO:
        return "photo"
    return "voice" if file.media_type in _VOICES else "document"
