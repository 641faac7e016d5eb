"""What was said in conversations. Their files only grow, and are read on from where they were left. Blocks."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO, get_args

import orjson

from openclaw.agent.taint import ordered
from openclaw.agent.tools.recall.folders import files_beneath, open_beneath
from openclaw.agent.tools.recall.passages import CUT_BY, said_passages
from openclaw.types.clock import parse_iso
from openclaw.types.conversation import Provenance
from openclaw.types.notes import Listing, Passage, Reading

SESSIONS = "sessions"
CHECKED_BYTES = 4_096
"""Before the place where reading goes on: when they have changed, the file is another one."""
_TRANSCRIPT = re.compile(r"\.jsonl(\.reset\.[^.]+)?\Z")
_KNOWN: frozenset[str] = frozenset(get_args(Provenance))


@dataclass(frozen=True, slots=True)
class _Place:
    """How far a file was read, and what holds there."""

    offset: int = 0
    line: int = 0
    session: str = ""
    trust: Provenance = "owner"
    """The least trusted of all that was read so far: what the assistant says may rest on it."""
    check: str = ""


@dataclass(frozen=True, slots=True)
class SessionNotes:
    """`<state>/agents/<id>/sessions`, whose paths begin with `sessions/`."""

    folder: Path

    @property
    def identity(self) -> str:
        return f"{CUT_BY} {self.folder}"

    def listing(self) -> Listing:
        found = files_beneath(self.folder, (), _TRANSCRIPT)
        return Listing({f"{SESSIONS}/{path}": stamp for path, stamp in found.files.items()}, found.left_out)

    def read(self, path: str, known: Reading | None) -> Reading | None:
        names = path.removeprefix(f"{SESSIONS}/").split("/")
        with open_beneath(self.folder, names) as descriptor:
            with open(descriptor, "rb", closefd=False) as file:
                place = _resumed(file, known)
                if place is None:
                    return _read_on(file, _Place(), appended=False)
                return _read_on(file, place, appended=True)


def _resumed(file: BinaryIO, known: Reading | None) -> _Place | None:
    """None when it has to be read from its beginning."""
    if known is None or not known.resume:
        return None
    place = _Place(**orjson.loads(known.resume))
    return place if place.check == _check(file, place.offset) else None


def _check(file: BinaryIO, offset: int) -> str:
    file.seek(max(0, offset - CHECKED_BYTES))
    return hashlib.sha256(file.read(min(offset, CHECKED_BYTES))).hexdigest()


def _read_on(file: BinaryIO, place: _Place, *, appended: bool) -> Reading | None:
    file.seek(place.offset)
    found: list[Passage] = []
    offset, number, session, trust = place.offset, place.line, place.session, place.trust
    for raw in file:
        if not raw.endswith(b"\n"):
            break  # its writer is not done with it
        offset, number = offset + len(raw), number + 1
        line = _parsed(raw)
        if line.get("type") == "session":
            session = str(line.get("key", ""))
        trust = ordered({trust, *_brought(line)})[-1]
        found += _said(line, number, session, trust)
    if appended and offset == place.offset:
        return None
    check = _check(file, offset)
    end = _Place(offset, number, session, trust, check)
    return Reading(bytes.fromhex(check), tuple(found), orjson.dumps(asdict(end)).decode(), appended)


def _parsed(raw: bytes) -> dict[str, Any]:
    try:
        line = orjson.loads(raw)
    except ValueError:
        return {}
    return line if isinstance(line, dict) else {}


def _brought(line: dict[str, Any]) -> Iterator[Provenance]:
    """Whose words a line adds to the conversation."""
    if line.get("role") == "tool" and isinstance(line.get("content"), list):
        for result in line["content"]:
            yield _provenance(result.get("provenance", "tool") if isinstance(result, dict) else None)
    elif line.get("role") == "user" or line.get("type") == "compaction":
        yield _provenance(line.get("provenance"))


def _provenance(value: object) -> Provenance:
    return value if value in _KNOWN else "stranger"  # type: ignore[return-value]


def _said(line: dict[str, Any], number: int, session: str, trust: Provenance) -> Iterator[Passage]:
    role, content = line.get("role"), line.get("content")
    if role not in {"user", "assistant"}:
        return
    if isinstance(content, list):
        content = "\n".join(
            str(b.get("text", "")) for b in content if isinstance(b, dict) and b.get("type") == "text"
        )
    if not isinstance(content, str) or not content.strip():
        return
    whose = _provenance(line.get("provenance")) if role == "user" else trust
    try:
        at = parse_iso(str(line.get("timestamp", "")))
    except ValueError:
        at = None
    yield from said_passages(content, number, Passage(0, 0, "", "", whose, session, at))
