"""Notes cut into passages, each with whose words it holds. Pure."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import get_args

from openclaw.agent.taint import ordered
from openclaw.types.clock import parse_iso
from openclaw.types.conversation import Provenance
from openclaw.types.notes import Passage

CUT_BY = "1"
"""Another number when these rules change: what was cut by the old ones is cut again."""
ENOUGH, MOST = 600, 1_200
"""Characters: from the one on a passage ends at the next empty line, at the other it ends anyway."""

_ENTRY = re.compile(r"## (\d{2}):(\d{2}) · (.+)")
"""How `remember_today` begins an entry. What it writes of others is quoted, so nobody can begin one inside."""
_WHOSE = re.compile(r"Provenance:\s*(.*)")
_HEADING = re.compile(r"(#{1,6})\s+(.+?)\s*#*")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_FRONT = re.compile(r"\A---[ \t]*\r?\n(.*?)^---[ \t]*$\r?\n?", re.DOTALL | re.MULTILINE)
_KNOWN: frozenset[str] = frozenset(get_args(Provenance))


@dataclass(frozen=True, slots=True)
class _Entry:
    """What holds of every passage of one entry."""

    first: int
    last: int
    provenance: Provenance
    session: str = ""
    at: int | None = None


def memory_passages(text: str, path: str) -> tuple[Passage, ...]:
    """Of MEMORY.md and of the files below memory/."""
    lines = lines_of(text)
    date = _DATE.search(path)
    name = PurePosixPath(path).stem
    found: list[Passage] = []
    for entry in _entries(lines, date[0] if date else ""):
        common = Passage(0, 0, "", name, entry.provenance, entry.session, entry.at)
        found += _cut(lines, entry.first, entry.last, common)
    return tuple(found)


def vault_passages(text: str, path: str) -> tuple[Passage, ...]:
    """Of one event. Whoever sent it, it came from outside."""
    front = _FRONT.search(text)
    facts = dict(_facts(front[1])) if front else {}
    skipped = front[0].count("\n") if front else 0
    lines = lines_of(text)
    date = _DATE.search(path)
    at = _moment(facts.get("at", "")) or _moment(f"{date[0]}T00:00+00:00" if date else "")
    heading = " ".join(filter(None, [facts.get("type"), facts.get("from"), date[0] if date else ""]))
    return tuple(_cut(lines, skipped, len(lines), Passage(0, 0, "", heading, "stranger", "", at)))


def said_passages(text: str, line: int, common: Passage) -> Iterator[Passage]:
    """Of one message that stands on a single line of a transcript, however many it has itself."""
    lines = lines_of(text)
    for part in _cut(lines, 0, len(lines), common):
        yield replace(part, line=line, last_line=line)


def lines_of(text: str) -> list[str]:
    """At line feeds alone: characters that only look like a line's end must not set a quoted line free."""
    return [line.removesuffix("\r") for line in text.split("\n")]


def trust_of(passages: Iterable[Passage]) -> Provenance:
    """What a text that shows these inherits."""
    return ordered({"memory", *(passage.provenance for passage in passages)})[-1]


def _entries(lines: Sequence[str], date: str) -> Iterator[_Entry]:
    """Only the next entry ends one: a heading inside it, of whatever rank, does not end whose words it holds."""
    starts = [number for number, line in enumerate(lines) if _ENTRY.fullmatch(line)]
    for first, last in zip([0, *starts], [*starts, len(lines)], strict=True):
        whose = [match[1] for line in lines[first:last] if (match := _WHOSE.fullmatch(line))]
        head = _ENTRY.fullmatch(lines[first]) if first < last else None
        moment = f"{date}T{head[1]}:{head[2]}" if head else f"{date}T00:00"
        at = _moment(f"{moment}+00:00") if date else None
        frame = 0 if head is None else 2 if _WHOSE.fullmatch("".join(lines[first + 1 : first + 2])) else 1
        yield _Entry(first + frame, last, _trust(whose), head[3].strip() if head else "", at)


def _trust(lines: Iterable[str]) -> Provenance:
    named = [name.strip().lower() for line in lines for name in line.split(",")]
    return ordered({"memory", *(name if name in _KNOWN else "stranger" for name in named)})[-1]  # type: ignore[arg-type]


def _cut(lines: Sequence[str], first: int, last: int, common: Passage) -> Iterator[Passage]:
    """`first` and `last` as in a slice. A heading begins a passage and stands over those that follow."""
    headings: dict[int, str] = {}
    begun, size = first, 0

    def passage(end: int) -> Iterator[Passage]:
        text = "\n".join(lines[begun:end]).strip()
        full = [number for number in range(begun, end) if lines[number].strip()]
        over = " › ".join(filter(None, [common.heading, *headings.values()]))
        for start in range(0, len(text), MOST):
            piece = text[start : start + MOST]
            yield replace(common, line=full[0] + 1, last_line=full[-1] + 1, text=piece, heading=over)

    for number in range(first, last):
        line = lines[number]
        heading = _HEADING.fullmatch(line)
        if heading or size + len(line) > MOST or (size >= ENOUGH and not line.strip()):
            yield from passage(number)
            begun, size = number, 0
        if heading:
            headings = {rank: words for rank, words in headings.items() if rank < len(heading[1])}
            headings[len(heading[1])] = heading[2]
        size += len(line) + 1
    yield from passage(last)


def _facts(front: str) -> Iterator[tuple[str, str]]:
    for line in front.splitlines():
        key, colon, value = line.partition(":")
        if colon:
            yield key.strip(), value.strip().strip("\"'")


def _moment(text: str) -> int | None:
    try:
        return parse_iso(text)
    except ValueError:
        return None
