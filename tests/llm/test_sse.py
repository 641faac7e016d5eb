from collections.abc import AsyncIterator

import pytest

from openclaw.llm.sse import data_of_events


async def pieces_of(stream: bytes, size: int) -> AsyncIterator[bytes]:
    for at in range(0, len(stream), size):
        yield stream[at : at + size]


@pytest.mark.parametrize("size", [1, 7, 1000])
@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        (b"", []),
        (b"data: one\n\ndata: two\n\n", [b"one", b"two"]),
        (b"data:one\r\n\r\ndata: two\r\n\r\n", [b"one", b"two"]),
        (b": a comment\n\nevent: message\nid: 7\ndata: one\nretry: 5\n\n", [b"one"]),
        (b"data: one\ndata: more\n\n", [b"one\nmore"]),
        (b"\n\n\ndata: one\n\n\n\n", [b"one"]),
        (b"event: ping\n\n", []),
        (b"data: one\n\ndata: [DONE]", [b"one", b"[DONE]"]),
        (b"data: one\n\ndata: [DONE]\n", [b"one", b"[DONE]"]),
        ("data: Zoë\u2028\x85🌊\n\n".encode(), ["Zoë\u2028\x85🌊".encode()]),
    ],
)
async def test_data_is_the_same_however_it_is_cut(stream: bytes, size: int, expected: list[bytes]) -> None:
    assert [data async for data in data_of_events(pieces_of(stream, size))] == expected
