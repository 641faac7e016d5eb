import gzip
import tracemalloc
import zlib
from collections.abc import AsyncIterator

import pytest

from openclaw.net.fetched import Fetched, UnreadableBodyError, read_body

TEXT = b"the same words over and over " * 1_000


async def chunks(data: bytes, size: int = 1_000) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


def zipped(data: bytes) -> bytes:
    """The same bytes each time: they name a test."""
    return gzip.compress(data, mtime=0)


def bare_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("encoding", "data"),
    [
        ("", TEXT),
        ("identity", TEXT),
        ("gzip", zipped(TEXT)),
        (" GZIP ", zipped(TEXT)),
        ("x-gzip", zipped(TEXT[:500]) + zipped(TEXT[500:])),
        ("deflate", zlib.compress(TEXT)),
        ("deflate", bare_deflate(TEXT)),
    ],
)
@pytest.mark.parametrize("size", [1, 7, 100_000])
async def test_a_body_is_unpacked_however_it_arrives(encoding: str, data: bytes, size: int) -> None:
    assert await read_body(chunks(data, size), encoding, len(TEXT)) == (TEXT, False)


@pytest.mark.parametrize("most", [1, 999, 1_000, 1_001, len(TEXT) - 1])
@pytest.mark.parametrize("packed", [False, True])
async def test_no_more_than_the_limit_is_taken(most: int, packed: bool) -> None:
    data, encoding = (zipped(TEXT), "gzip") if packed else (TEXT, "")

    assert await read_body(chunks(data), encoding, most) == (TEXT[:most], True)


async def test_a_bomb_is_never_held_whole() -> None:
    bomb = zipped(bytes(200_000_000))
    tracemalloc.start()
    try:
        body, cut = await read_body(chunks(bomb, 1 << 16), "gzip", 1_000_000)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert (len(body), cut) == (1_000_000, True)
    assert peak < 8_000_000


async def test_many_empty_members_are_not_read_for_ever() -> None:
    body, cut = await read_body(chunks(zipped(b"") * 10_000), "gzip", 5_000)

    assert (body, cut) == (b"", True)


@pytest.mark.parametrize(
    ("encoding", "data", "problem"),
    [
        ("br", b"?", "packed as 'br', which was not asked for"),
        ("gzip, gzip", zipped(zipped(TEXT)), "packed as 'gzip, gzip'"),
        ("gzip", b"\x1f\x8bno", "cannot be unpacked"),
        ("deflate", b"\xff\xff\xff", "cannot be unpacked"),
    ],
)
async def test_what_cannot_be_unpacked_is_told(encoding: str, data: bytes, problem: str) -> None:
    with pytest.raises(UnreadableBodyError, match=problem):
        await read_body(chunks(data), encoding, 1_000)


async def test_of_a_body_that_breaks_off_what_came_is_kept() -> None:
    body, cut = await read_body(chunks(zipped(TEXT)[:-20]), "gzip", len(TEXT))

    assert (TEXT.startswith(body), cut) == (True, False)


def test_the_text_of_an_answer_is_readable_whatever_its_bytes() -> None:
    assert Fetched("https://example.org/", 200, {}, b"caf\xc3\xa9 \xff").text == "café \ufffd"
