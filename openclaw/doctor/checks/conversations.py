"""Conversations on disk: whether each can be read back whole, and whether index, ledger and files agree."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

import orjson

from openclaw.doctor.finding import Adopt, Finding, Reconcile
from openclaw.doctor.premises import Premises
from openclaw.migrate.looking import is_still_theirs
from openclaw.sessions import transcript
from openclaw.sessions.lines import decode
from openclaw.store.echoes import Released
from openclaw.store.inspection import DamagedError, UnreadError, inspect
from openclaw.types.conversation import Entry

SETTLE_SECONDS = 0.3
"""A line that is being written now is whole after that."""
SHOWN = 3
HEADER = 4096


@dataclass(frozen=True, slots=True)
class Folder:
    """The conversations of one agent."""

    agent: str
    path: Path
    index: Mapping[str, Any] | None
    """None: `sessions.json` cannot be read."""
    files: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Hurt:
    path: Path
    key: str
    agent: str
    torn: int
    """Bytes of a last line without its end."""
    unreadable: int
    """Lines."""
    unpaired: int
    """Calls of tools without a result."""


def whose(premises: Premises) -> Iterator[Finding]:
    if is_still_theirs(premises.paths.state, premises.paths.ledger):
        yield Finding(
            "state.original",
            "error",
            f"{premises.paths.state} holds conversations of the original OpenClaw.",
            "Two programs cannot write one home, so the assistant does not start here. To keep both, give this one"
            " another directory with OPENCLAW_STATE_DIR and run openclaw migrate there; if the original is not to run"
            " again:",
            "openclaw migrate --take-over",
        )


def conversations(premises: Premises) -> Iterator[Finding]:
    folders = list(_folders(premises.paths.agents))
    owed, known = _ledger(premises)
    yield from _transcripts(folders, owed, premises)
    for folder in folders:
        if folder.index is None:
            yield _unreadable(folder)
    yield from _without_file([each for each in folders if each.index is not None], owed)
    yield from _orphans(folders, known)
    yield from _owed(owed, premises)


def _folders(agents: Path) -> Iterator[Folder]:
    for path in sorted(agents.glob("*/sessions")):
        files = tuple(sorted(each for each in path.glob("*.jsonl") if each.is_file()))
        yield Folder(path.parent.name, path, _index(path / "sessions.json"), files)


def _index(path: Path) -> Mapping[str, Any] | None:
    try:
        found = orjson.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _ledger(premises: Premises) -> tuple[Mapping[str, Sequence[Released]], frozenset[str]]:
    """What it still owes to transcripts, and the session ids that it knows. Its own faults are told elsewhere."""
    try:
        found = inspect(premises.paths.ledger)
    except (FileNotFoundError, DamagedError, UnreadError):
        return {}, frozenset()
    return found.echoes, frozenset(row.session_id for row in found.sessions)


# -- transcripts ------------------------------------------------------------------------------------------


def _transcripts(
    folders: Sequence[Folder], owed: Mapping[str, Sequence[Released]], premises: Premises
) -> Iterator[Finding]:
    hurt = [found for folder in folders for path in folder.files if (found := _looked(path, folder, owed))]
    if hurt and premises.is_running:
        # What is written at this moment is no fault.
        Event().wait(SETTLE_SECONDS)
        by_agent = {folder.agent: folder for folder in folders}
        hurt = [again for each in hurt if (again := _looked(each.path, by_agent[each.agent], owed))]
    if hurt:
        yield Finding(
            "transcripts.hurt",
            "error" if any(each.unreadable for each in hurt) else "warn",
            f"{_count(len(hurt), 'conversation')} {_are(len(hurt))} not whole on disk: {_listed(hurt)}.",
            "A crash or a full disk cut a line off. Nothing is lost but what is named; it is kept beside the file.",
            "openclaw doctor --fix"
            if not premises.is_running
            else "Stop the assistant, then: openclaw doctor --fix",
            Reconcile(tuple((each.path, each.key) for each in hurt)),
        )


def _looked(path: Path, folder: Folder, owed: Mapping[str, Sequence[Released]]) -> Hurt | None:
    key = _key_of(path) or _key_in(folder.index or {}, path.stem)
    try:
        reading = transcript.look(path, _entries(owed.get(key, ())))
    except transcript.TranscriptError:
        return Hurt(path, key, folder.agent, 0, 1, 0)
    if not (reading.torn or reading.unreadable or reading.unpaired):
        return None
    return Hurt(path, key, folder.agent, len(reading.torn), len(reading.unreadable), reading.unpaired)


def _entries(released: Sequence[Released]) -> list[Entry]:
    lines = (line for each in released for line in each.lines.encode().splitlines())
    return [entry for line in lines if (entry := decode(line)) is not None]


def _key_of(path: Path) -> str:
    """The session key in a transcript's first line; empty when it has none."""
    try:
        with path.open("rb") as file:
            header = orjson.loads(file.read(HEADER).split(b"\n", 1)[0])
    except (OSError, ValueError):
        return ""
    return (
        str(header.get("key") or "") if isinstance(header, dict) and header.get("type") == "session" else ""
    )


def _key_in(index: Mapping[str, Any], session: str) -> str:
    return next((key for key, entry in index.items() if _id(entry) == session), "")


def _id(entry: object) -> str:
    return str(entry.get("sessionId") or "") if isinstance(entry, dict) else ""


def _listed(hurt: Sequence[Hurt]) -> str:
    words = "; ".join(f"{each.path.name} ({_faults(each)})" for each in hurt[:SHOWN])
    return words if len(hurt) <= SHOWN else f"{words}; and others"


def _faults(each: Hurt) -> str:
    parts = (
        f"a torn last line of {_count(each.torn, 'byte')}" if each.torn else "",
        f"{_count(each.unreadable, 'unreadable line')}" if each.unreadable else "",
        f"{_count(each.unpaired, 'tool call')} without a result" if each.unpaired else "",
    )
    return ", ".join(filter(None, parts))


# -- index, ledger and files ------------------------------------------------------------------------------


def _unreadable(folder: Folder) -> Finding:
    return Finding(
        "sessions.unreadable_index",
        "error",
        f"The list of conversations {folder.path / 'sessions.json'} cannot be read.",
        "Other programs read it; the assistant itself has the same in its ledger.",
        "openclaw doctor --fix",
        Reconcile(),
    )


def _without_file(folders: Sequence[Folder], owed: Mapping[str, Sequence[Released]]) -> Iterator[Finding]:
    missing = [
        key
        for folder in folders
        for key, entry in (folder.index or {}).items()
        if _was_used(entry) and key not in owed and not (folder.path / f"{_id(entry)}.jsonl").exists()
    ]
    if missing:
        yield Finding(
            "sessions.missing_file",
            "warn",
            f"{_count(len(missing), 'conversation')} {_are(len(missing))} listed, and the file is gone:"
            f" {', '.join(missing[:SHOWN])}.",
            "The assistant does not remember what was said there.",
            "Put the file back from a backup, or begin anew: openclaw sessions reset " + missing[0],
        )


def _was_used(entry: object) -> bool:
    return (
        isinstance(entry, dict)
        and bool(_id(entry))
        and bool(entry.get("totalTokens") or entry.get("outputTokens"))
    )


def _orphans(folders: Sequence[Folder], known: frozenset[str]) -> Iterator[Finding]:
    lost: list[Path] = []
    for folder in folders:
        if folder.index is None:
            continue
        listed = known | {_id(entry) for entry in folder.index.values()}
        lost += [
            path
            for path in folder.files
            if path.stem not in listed and _key_of(path) not in {"", *folder.index}
        ]
    if lost:
        yield Finding(
            "sessions.orphans",
            "warn",
            f"{_count(len(lost), 'conversation')} {_are(len(lost))} on disk and in no list:"
            f" {', '.join(path.name for path in lost[:SHOWN])}.",
            "The assistant would begin it anew instead of going on with it.",
            "openclaw doctor --fix",
            Adopt(tuple(lost)),
        )


def _owed(owed: Mapping[str, Sequence[Released]], premises: Premises) -> Iterator[Finding]:
    if owed and not premises.is_running:
        yield Finding(
            "transcripts.behind",
            "warn",
            f"{_count(len(owed), 'conversation')} {'lacks' if len(owed) == 1 else 'lack'} last lines that the ledger"
            " keeps.",
            "The assistant was stopped in the middle. Nothing is lost: it writes them when it starts.",
            "openclaw doctor --fix",
            Reconcile(),
        )


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _are(number: int) -> str:
    return "is" if number == 1 else "are"
