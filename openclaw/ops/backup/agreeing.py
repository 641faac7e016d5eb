"""Where a transcript is cut so that it agrees with a copy of the ledger. Pure.

The copy is of one moment, and the transcripts are read later: meanwhile turns end and their lines are appended. A line
of a turn that the copy has as running would make the restored house answer a message that is answered in its own
conversation. Lines are appended in order, so the first that the copy knows nothing of ends the file.
"""

from dataclasses import dataclass
from io import BytesIO

import orjson

from openclaw.types.clock import parse_iso


@dataclass(frozen=True, slots=True)
class Moment:
    """What the copy knows."""

    taken_at: int
    """Milliseconds; the copy was whole then."""
    finished: frozenset[str]
    """Traces of messages that have ended."""
    owed: frozenset[str]
    """Ids of lines that the copy still keeps for their file: whether they are in it or not, they are written once."""
    waiting: frozenset[str]
    """Ids of lines that wait for a message to be sent."""


def whole_lines(data: bytes) -> int:
    """Bytes up to the end of the last whole line."""
    return data.rfind(b"\n") + 1


def agreed(data: bytes, sure: int, moment: Moment) -> int:
    """Bytes of the transcript that agree with the copy. `sure`: its size before the copy was begun."""
    end = whole_lines(data)
    start = whole_lines(data[: min(sure, end)])
    for line in BytesIO(data[start:end]):
        if not is_known(line, moment):
            return start
        start += len(line)
    return end


def is_known(line: bytes, moment: Moment) -> bool:
    try:
        said = orjson.loads(line)
    except orjson.JSONDecodeError:
        return True  # not ours to judge; reading it moves it aside
    if not isinstance(said, dict) or said.get("type") == "session":
        return True
    if said.get("id") in moment.waiting:
        return False
    if said.get("id") in moment.owed:
        return True
    if trace := said.get("trace"):
        return trace in moment.finished
    return _at(said.get("timestamp")) <= moment.taken_at


def _at(text: object) -> int:
    try:
        return parse_iso(str(text))
    except ValueError:
        return 0
