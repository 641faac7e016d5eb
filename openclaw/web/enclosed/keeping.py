"""Files of a message into the state directory, where what comes over other channels lies as well."""

import hashlib
import mimetypes
import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from openclaw.files import file_away
from openclaw.types.messages import Attachment
from openclaw.web.enclosed.reading import Enclosed

FOLDER = "media"
_UNSAFE = re.compile(r"[^\w.-]+", re.ASCII)
_ENDING = re.compile(r"\.[a-z0-9]{1,8}", re.ASCII)
_LONGEST = 48


def keep(files: Sequence[Enclosed], state: Path, run_id: str, now_ms: int) -> tuple[Attachment, ...]:
    """All of them or none. The same run has the same places. Blocks; raises OSError."""
    kept: list[Attachment] = []
    try:
        for number, file in enumerate(files):
            place = place_of(file, run_id, number, now_ms)
            # Durable before the ledger says that it is there.
            file_away(state / FOLDER / place, file.data)
            kept.append(
                Attachment(
                    file.kind, "", file.name, file.media_type, len(file.data), place,
                    f"{FOLDER}/{place}", shown=file.kind == "photo",
                )
            )  # fmt: skip
    except OSError:
        for attachment in kept:
            with suppress(OSError):
                (state / attachment.path).unlink()
        raise
    return tuple(kept)


def place_of(file: Enclosed, run_id: str, number: int, now_ms: int) -> str:
    """Pure. Beneath the media folder; what its sender calls it leads nowhere else."""
    day = datetime.fromtimestamp(now_ms / 1000, UTC)
    key = hashlib.sha256(f"{run_id}\0{number}".encode("utf-8", "replace")).hexdigest()[:16]
    given = PurePosixPath(file.name)
    stem = _UNSAFE.sub("_", given.stem).strip("._")[:_LONGEST]
    ending = _own_ending(file, given.suffix.lower())
    return f"inbound/{day:%Y-%m-%d}/web-{key}{f'-{stem}' if stem else ''}{ending}"


def _own_ending(file: Enclosed, given: str) -> str:
    """Of a text its own, for it says what the text is; else that of its bytes."""
    if file.media_type.startswith("image/"):
        return "." + file.media_type.removeprefix("image/")
    if file.media_type == "application/pdf":
        return ".pdf"
    return given if _ENDING.fullmatch(given) else mimetypes.guess_extension(file.media_type) or ".txt"
