"""What a request to another server brings: an answer, or a reason why there is none."""

import zlib
from collections.abc import AsyncIterable, Callable, Mapping
from dataclasses import dataclass

from openclaw.types.errors import OpenClawError

ENCODINGS = "gzip, deflate"
"""What `read_body` can unpack, as the header says it."""


class OutboundError(OpenClawError):
    """A request that was refused here, or brought no usable answer. `status`: what the server said, if it spoke."""

    def __init__(self, where: str, problem: str, *, status: int | None = None) -> None:
        super().__init__(f"{where}: {problem}")
        self.status = status


@dataclass(frozen=True, slots=True)
class Fetched:
    url: str
    """After every redirect."""
    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    cut: bool = False
    """The server had more than was taken."""

    @property
    def text(self) -> str:
        return self.body.decode(errors="replace")


class UnreadableBodyError(Exception):
    """The body is packed in a way we did not ask for, or badly."""


async def read_body(chunks: AsyncIterable[bytes], encoding: str, most: int) -> tuple[bytes, bool]:
    """The body unpacked, `most` bytes of it, and whether there was more. Raises UnreadableBodyError.

    Never holds more than it returns: a few bytes of gzip may stand for gigabytes.
    """
    unpack = _unpacker(encoding)
    body = bytearray()
    received = 0
    async for chunk in chunks:
        received += len(chunk)
        body += unpack(chunk, most + 1 - len(body))
        if max(len(body), received) > most:
            return bytes(body[:most]), True
    return bytes(body), False


def _unpacker(encoding: str) -> Callable[[bytes, int], bytes]:
    match encoding.strip().lower():
        case "" | "identity":
            return lambda data, most: data[:most]
        case "gzip" | "x-gzip" | "deflate":
            return _Inflating().feed
        case other:
            raise UnreadableBodyError(f"the answer is packed as {other[:40]!r}, which was not asked for")


class _Inflating:
    """gzip, zlib, and the bare deflate that some servers send under that name; gzip members may follow each other."""

    def __init__(self) -> None:
        self._stream: zlib._Decompress | None = None

    def feed(self, data: bytes, most: int) -> bytes:
        out = b""
        while data and len(out) < most:
            if self._stream is None:
                self._stream = zlib.decompressobj(_window(data[0]))
            try:
                out += self._stream.decompress(data, most - len(out))
            except zlib.error as error:
                raise UnreadableBodyError(f"the answer cannot be unpacked: {error}") from None
            data = self._stream.unused_data
            if self._stream.eof:
                self._stream = None
        return out


def _window(first: int) -> int:
    """By the first byte: 0x1f begins gzip, a low half of 8 zlib (bare deflate never needs to begin so)."""
    if first == 0x1F:
        return 16 + zlib.MAX_WBITS
    return zlib.MAX_WBITS if first & 0x0F == 8 else -zlib.MAX_WBITS
