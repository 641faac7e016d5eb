"""A ledger from the past is brought together with what the files know. Blocks."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from openclaw.channels.sms.parse import arrival_key
from openclaw.store import returning
from openclaw.store.copies import reading
from openclaw.store.salvage import Salvaged
from openclaw.types.clock import parse_iso

_SLACK_MS = 60_000
"""Clocks of files are coarse, and a copy takes a while."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the conversations hold."""

    traces: frozenset[str]
    """Of messages: a turn's lines are written when it has ended, so these have had their answer."""
    lines: frozenset[str]


@dataclass(frozen=True, slots=True)
class Settled:
    answered: int = 0
    """Messages that would have been answered again."""
    doubtful: int = 0
    """Messages that may have left or not."""


def known(agents: Path, since_ms: int) -> Known:
    """Of the transcripts that were written since then, those put aside included."""
    traces: set[str] = set()
    lines: set[str] = set()
    for path in agents.glob("*/sessions/*.jsonl*"):
        if path.stat().st_mtime_ns // 1_000_000 < since_ms - _SLACK_MS:
            continue
        for line in json_lines(path):
            lines.add(str(line.get("id", "")))
            if line.get("trace"):
                traces.add(str(line["trace"]))
    return Known(frozenset(traces), frozenset(lines))


def json_lines(path: Path) -> Iterator[dict[str, object]]:
    """What is no object, a torn end for instance, is passed over."""
    with path.open("rb") as file:
        for raw in file:
            try:
                line = orjson.loads(raw)
            except orjson.JSONDecodeError:
                continue
            if isinstance(line, dict):
                yield line


def texts(streams: Path, since_ms: int) -> dict[str, tuple[str, str]]:
    """Keys of the text messages that came since then, with channel and account: they are fetched from Twilio anew."""
    found: dict[str, tuple[str, str]] = {}
    path = streams / "sms.jsonl"
    for line in json_lines(path) if path.is_file() else ():
        meta = line.get("meta")
        sid = meta.get("messageSid") if isinstance(meta, dict) else None
        if (
            isinstance(meta, dict)
            and isinstance(sid, str)
            and sid
            and _at(line.get("ts")) >= since_ms - _SLACK_MS
        ):
            found[arrival_key(sid)] = ("sms", str(meta.get("account", "default")))
    return found


def _at(text: object) -> int:
    try:
        return parse_iso(str(text))
    except ValueError:
        return 0


@dataclass(frozen=True, slots=True)
class Past:
    """A ledger that nobody uses yet, and how old it is."""

    ledger: Path
    at: int
    with_files: bool = False
    """Its transcripts come back with it, so what it owes them it owes them again."""
    salvaged: Salvaged = field(default_factory=Salvaged)
    """What of it is as new as the present."""


def reconcile(past: Past, state: Path, now: int) -> Settled:
    """`state`: the files as they are now, which know what has happened since."""
    facts = known(state / "agents", past.at)
    with closing(sqlite3.connect(past.ledger, isolation_level=None)) as tx:
        tx.row_factory = sqlite3.Row
        tx.execute("BEGIN IMMEDIATE")
        answered = returning.finish_answered(tx, facts.traces, now)
        if not past.with_files:
            owed = {echo: _ids(lines) for echo, lines in returning.lines_owed(tx)}
            returning.forget_written(tx, facts.lines, owed)
        returning.know_events(tx, texts(state / "streams", past.at), now)
        doubtful = 0 if "outbox" in past.salvaged.whole else returning.doubt_sends(tx, now)
        if "approvals" not in past.salvaged.whole:
            returning.withdraw_questions(tx, now)
        tx.execute("COMMIT")
    return Settled(answered, doubtful)


def carry_over(ledger: Path, present: Path, now: int) -> None:
    """Raises CopyError when the present ledger cannot be read; then nothing is changed."""
    with reading(present) as source, closing(sqlite3.connect(ledger, isolation_level=None)) as tx:
        tx.execute("BEGIN IMMEDIATE")
        returning.carry_over(tx, source, now)
        tx.execute("COMMIT")


def _ids(lines: str) -> Iterable[str]:
    for line in lines.splitlines():
        try:
            found = orjson.loads(line)
        except orjson.JSONDecodeError:
            continue
        if isinstance(found, dict) and found.get("id"):
            yield str(found["id"])
