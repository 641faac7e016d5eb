"""The end of the log, and what has been added to it since. Secrets were taken out when it was written."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import anyio.to_thread

from openclaw.web.office.told import Json

BEGINNING = 250_000
"""Bytes of the end that are read where nobody says from where on."""


@dataclass(frozen=True, slots=True)
class LogTail:
    path: Path

    async def tail(self, cursor: int | None, limit: int, most_bytes: int) -> Json:
        return await anyio.to_thread.run_sync(tail, self.path, cursor, limit, most_bytes)


def tail(path: Path, cursor: int | None, limit: int, most_bytes: int) -> Json:
    """Blocks. Whole lines; the cursor stands behind the last of them."""
    told: dict[str, object] = {"file": str(path), "cursor": 0, "size": 0, "lines": []}
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return told
    with file:
        size = os.fstat(file.fileno()).st_size
        # What was read before has been put aside: what was added lies in the new one, which may be longer by now.
        begins_anew = cursor is not None and (cursor > size or not _behind_a_line(file, cursor))
        known = None if begins_anew else cursor
        start = max(0, size - min(most_bytes, BEGINNING)) if known is None else known
        cut = known is not None and size - start > most_bytes
        if cut:
            start = size - most_bytes
        file.seek(start)
        data = file.read(size - start)
    if start and (known is None or cut):
        _, _, data = data.partition(b"\n")
    whole, newline, rest = data.rpartition(b"\n")
    lines = whole.split(b"\n") if newline else []
    told |= {"cursor": size - len(rest), "size": size}
    told["lines"] = [line.decode("utf-8", "replace") for line in lines[-limit:]]
    if cut or len(lines) > limit:
        told["truncated"] = True
    if begins_anew:
        told["reset"] = True
    return told


def _behind_a_line(file: BinaryIO, cursor: int) -> bool:
    """Where a cursor of ours stands, unless the file is another one."""
    if cursor == 0:
        return True
    file.seek(cursor - 1)
    return file.read(1) == b"\n"
