import struct
from pathlib import Path

import pytest

from openclaw.agent.tools.base import ToolError
from openclaw.agent.tools.files.pictures import Image, inspect, keep, media_type
from openclaw.types.conversation import Picture
from tests.agent.tools.files.yard import png

JPEG = (
    b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
    b"\xff\xff\xc0\x00\x11\x08\x00\x20\x00\x10\x03\x01\x22\x00\x02\x11\x01\x03\x11\x01\xff\xda\x00\x02data\xff\xd9"
)
GIF = b"GIF89a" + struct.pack("<HH", 3, 4) + b"\0\0\0frames\x3b"


def webp(kind: bytes, body: bytes) -> bytes:
    inner = b"WEBP" + kind + struct.pack("<I", len(body)) + body
    return b"RIFF" + struct.pack("<I", len(inner)) + inner


VP8X = webp(b"VP8X", b"\0\0\0\0" + (99).to_bytes(3, "little") + (49).to_bytes(3, "little"))
VP8L = webp(b"VP8L", b"\x2f" + struct.pack("<I", 9 | 19 << 14) + b"\0")
VP8 = webp(b"VP8 ", b"\0\0\0\x9d\x01\x2a" + struct.pack("<HH", 30, 40))


@pytest.mark.parametrize(
    ("data", "image"),
    [
        (png(7, 5), Image("image/png", 7, 5)),
        (JPEG, Image("image/jpeg", 16, 32)),
        (GIF, Image("image/gif", 3, 4)),
        (VP8X, Image("image/webp", 100, 50)),
        (VP8L, Image("image/webp", 10, 20)),
        (VP8, Image("image/webp", 30, 40)),
    ],
)
def test_a_picture_is_known_by_its_bytes(data: bytes, image: Image) -> None:
    assert inspect(data) == image


@pytest.mark.parametrize("whole", [png(7, 5), JPEG, GIF, VP8X, VP8L, VP8])
def test_a_picture_whose_end_is_missing_is_refused_wherever_it_was_cut(whole: bytes) -> None:
    for end in range(len(whole)):
        with pytest.raises(ToolError, match=r"damaged|no PNG|pixels"):
            inspect(whole[:end])


@pytest.mark.parametrize("data", [b"", b"text", b"<svg/>", b"BM\0\0", b"RIFF\0\0\0\0WAVE"])
def test_other_files_are_no_pictures(data: bytes) -> None:
    assert media_type(data) is None
    with pytest.raises(ToolError, match="no PNG, JPEG, GIF or WebP"):
        inspect(data)


def test_a_changed_byte_is_noticed_and_too_many_pixels_are_not_sent() -> None:
    hurt = bytearray(png())
    hurt[20] ^= 1
    with pytest.raises(ToolError, match="part IHDR is not what it was"):
        inspect(bytes(hurt))
    with pytest.raises(ToolError, match="9001 × 1 pixels, more than 8,000"):
        inspect(png(9001, 1))


def test_the_same_picture_is_kept_once(tmp_path: Path) -> None:
    one, two = keep(png(), "image/png", tmp_path), keep(png(), "image/png", tmp_path)

    assert one == two == Picture(one.path, "image/png")
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.png")] == [one.path]
    assert (tmp_path / one.path).read_bytes() == png()
