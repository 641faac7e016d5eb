"""Pictures that a model can be shown: recognised by their bytes, checked to their end, kept under their hash."""

import hashlib
import os
import struct
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from openclaw.agent.tools.base import ToolError
from openclaw.agent.tools.files.door import Beneath
from openclaw.agent.tools.files.place import WorkspacePath
from openclaw.types.conversation import Picture

MOST_BYTES = 3_750_000
"""Providers take 5 MB of base64."""
MOST_PIXELS = 8_000
"""On a side. One picture that a provider refuses would make every later request of its conversation fail."""
MEDIA_FOLDER = ("media", "pictures")

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG_SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_BARE = frozenset({0x01, *range(0xD0, 0xD9)})
_BROKEN = (struct.error, IndexError, ValueError)


@dataclass(frozen=True, slots=True)
class Image:
    media_type: str
    width: int
    height: int


def media_type(head: bytes) -> str | None:
    """What the first bytes of a file say."""
    if head.startswith(_PNG):
        return "image/png"
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    return "image/webp" if head[:4] == b"RIFF" and head[8:12] == b"WEBP" else None


def inspect(data: bytes) -> Image:
    """Raises ToolError for what no provider would take."""
    kind = media_type(data)
    if kind is None:
        raise ToolError("it is no PNG, JPEG, GIF or WebP")
    try:
        width, height = _SIZES[kind](data)
    except _BROKEN as error:
        raise ToolError(f"it is a damaged {kind.removeprefix('image/').upper()}: {error}") from error
    if not (0 < width <= MOST_PIXELS and 0 < height <= MOST_PIXELS):
        raise ToolError(
            f"it has {width} × {height} pixels, more than {MOST_PIXELS:,} on a side; make it smaller first"
        )
    return Image(kind, width, height)


def keep(data: bytes, kind: str, state: Path) -> Picture:
    """In the state directory, where the conversation finds it even when the file has changed. Blocks."""
    name = f"{hashlib.sha256(data).hexdigest()}.{kind.removeprefix('image/')}"
    with Beneath(state).leaf(WorkspacePath(state, (*MEDIA_FOLDER, name)), make=True) as leaf:
        if leaf.look() is None:
            leaf.replace(data)
        else:
            # As young as a new one: old ones are taken away.
            os.utime(leaf.name, dir_fd=leaf.folder, follow_symlinks=False)
    return Picture("/".join((*MEDIA_FOLDER, name)), kind)


def _png(data: bytes) -> tuple[int, int]:
    place, size = len(_PNG), None
    while True:
        length, kind = struct.unpack_from(">I4s", data, place)
        body = data[place + 4 : place + 8 + length]
        (check,) = struct.unpack_from(">I", data, place + 8 + length)
        if zlib.crc32(body) != check:
            raise ValueError(f"its part {kind.decode('ascii', 'replace')} is not what it was")
        if kind == b"IHDR":
            size = struct.unpack_from(">II", body, 4)
        if kind == b"IEND":
            break
        place += 12 + length
    if size is None:
        raise ValueError("it has no size")
    return size[0], size[1]


def _jpeg(data: bytes) -> tuple[int, int]:
    if b"\xff\xd9" not in data[-1024:]:
        raise ValueError("its end is missing")
    place = 2
    while True:
        if data[place] != 0xFF:
            raise ValueError("a marker is missing")
        marker = data[place + 1]
        if marker == 0xFF:
            place += 1
        elif marker in _JPEG_BARE:
            place += 2
        elif marker in _JPEG_SIZES:
            height, width = struct.unpack_from(">HH", data, place + 5)
            return width, height
        else:
            (length,) = struct.unpack_from(">H", data, place + 2)
            place += 2 + max(length, 2)


def _gif(data: bytes) -> tuple[int, int]:
    if b"\x3b" not in data[-16:]:
        raise ValueError("its end is missing")
    width, height = struct.unpack_from("<HH", data, 6)
    return width, height


def _webp(data: bytes) -> tuple[int, int]:
    (length,) = struct.unpack_from("<I", data, 4)
    if length + 8 > len(data):
        raise ValueError("its end is missing")
    kind = data[12:16]
    if kind == b"VP8X":
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 " and data[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", data, 26)
        return width & 0x3FFF, height & 0x3FFF
    raise ValueError("it has no size")


_SIZES: Mapping[str, Callable[[bytes], tuple[int, int]]] = {
    "image/png": _png,
    "image/jpeg": _jpeg,
    "image/gif": _gif,
    "image/webp": _webp,
}
