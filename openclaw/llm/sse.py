"""Server-sent events, as far as models use them: their data, without names and ids."""

from collections.abc import AsyncIterable, AsyncIterator


async def data_of_events(pieces: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """However the bytes are cut into pieces. Lines end at a line feed only: JSON may hold U+2028 as it is."""
    rest, data = b"", list[bytes]()
    async for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            if line.startswith(b"data:"):
                data.append(line[5:].strip())
            elif not line.strip() and data:
                yield b"\n".join(data)
                data.clear()
    # The last event of some servers lacks the empty line behind it.
    if rest.startswith(b"data:"):
        data.append(rest[5:].strip())
    if data:
        yield b"\n".join(data)
