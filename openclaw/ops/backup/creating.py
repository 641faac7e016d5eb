"""A backup is made: beside a running daemon, as of one moment. Blocks.

Order matters. First the sizes of the transcripts, then the copy of the ledger, then the transcripts themselves: what
was in a file before the copy was begun is known to it, and what came later is cut where it disagrees. The other way
round, lines that the ledger has handed over in between would be in neither.
"""

import platform
import sqlite3
from collections.abc import Callable, Mapping, Set
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from openclaw import __version__
from openclaw.files import sync_folder
from openclaw.ops.backup.agreeing import Moment, agreed, whole_lines
from openclaw.ops.backup.archive import BackupError, Head, Manifest, Writer, is_harmless
from openclaw.ops.backup.contents import Item, Kind, Premises, links, walk
from openclaw.ops.backup.plaintext import without_secrets
from openclaw.ops.backup.shelf import PREFIX, SUFFIX, alone, private, prune, sweep
from openclaw.ops.backup.verifying import LEDGER, Verified, verify
from openclaw.settings.file import UnreadableError
from openclaw.store import copies, versions
from openclaw.store.copies import stamp
from openclaw.store.migrations import STEPS
from openclaw.types.clock import iso

CONFIG = "config/openclaw.json"
_WHOLE_LINES = (".jsonl",)
_IN_MEMORY = 64 << 20


@dataclass(frozen=True, slots=True)
class Wish:
    with_secrets: bool = False
    with_media: bool = True
    known_secrets: Set[str] = field(default_factory=frozenset)
    """Their values, which the config's text must not show."""


@dataclass(frozen=True, slots=True)
class _Taken:
    """The ledger's copy, and what the transcripts have to agree with."""

    path: Path | None
    version: int
    moment: Moment
    sessions: Mapping[str, bytes]
    """`sessions.json` by its name, read before the copy: what is newer in the ledger wins when they are loaded."""
    names: Mapping[str, str]
    """Transcripts that were put aside after the copy: the name that they had, by the one they have now."""
    sure: Mapping[str, int]


def create(
    premises: Premises, target: Path, wish: Wish, now: Callable[[], int], *, keep: int | None = None
) -> Verified:
    """The finished file, read back and found whole; `keep`: of its folder, the newest. Raises BackupError."""
    if not premises.ledger.exists() and not premises.config.exists():
        raise BackupError(f"there is nothing to keep yet in {premises.state}: neither a config nor a ledger")
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with private(), alone(target.parent):
            sweep(target.parent)
            partial = target.with_name(f".{target.name}.partial")
            try:
                _write(premises, partial, wish, now)
                copies.sync(partial)
                found = verify(partial)
                partial.replace(target)
                sync_folder(target.parent)
            finally:
                partial.unlink(missing_ok=True)
            if keep is not None:
                prune(target.parent, keep)
    except OSError as error:
        raise BackupError(f"{target} cannot be written: {error.strerror or error}") from error
    return Verified(target, found.head, found.manifest, found.unreadable)


def place_for(folder: Path, now: int) -> Path:
    return folder / f"{PREFIX}{stamp(now)}{SUFFIX}"


def _write(premises: Premises, partial: Path, wish: Wish, now: Callable[[], int]) -> None:
    copy = partial.with_name(f"{partial.name}.ledger")
    partial.unlink(missing_ok=True)
    partial.touch(mode=0o600, exist_ok=False)
    try:
        taken = _take_ledger(premises, copy, now)
        with partial.open("wb") as file:
            _fill(Writer(file), premises, wish, taken, now())
    finally:
        copies.discard(copy)


def _take_ledger(premises: Premises, copy: Path, now: Callable[[], int]) -> _Taken:
    sure: dict[str, int] = {}
    sessions: dict[str, bytes] = {}
    for item, _ in walk(premises):
        if not _is_conversation(item.name):
            continue
        with suppress(FileNotFoundError):  # a conversation that is put aside at this moment
            if item.path.name == "sessions.json":
                sessions[item.name] = item.path.read_bytes()
            elif item.name.endswith(".jsonl"):
                sure[item.name] = item.path.stat().st_size
    if not premises.ledger.exists():
        return _Taken(None, 0, Moment(now(), frozenset(), frozenset(), frozenset()), sessions, {}, sure)
    with copies.reading(premises.ledger) as source:
        copies.write(source, copy)
    with closing(sqlite3.connect(copy)) as tx:
        (version,) = tx.execute("PRAGMA user_version").fetchone()
        return _Taken(copy, version, _moment(tx, now()), sessions, _moved(tx, premises.state), sure)


def _moment(tx: sqlite3.Connection, now: int) -> Moment:
    finished = frozenset(
        row[0] for row in tx.execute("SELECT trace_id FROM inbox WHERE finished_at IS NOT NULL")
    )
    echoes = list(tx.execute("SELECT released, lines FROM echoes"))
    owed, waiting = (
        frozenset(name for released, lines in echoes if released == kind for name in _ids(lines))
        for kind in (1, 0)
    )
    return Moment(now, finished, owed, waiting)


def _ids(lines: str) -> list[str]:
    return [str(orjson.loads(line).get("id", "")) for line in lines.splitlines()]


def _moved(tx: sqlite3.Connection, state: Path) -> dict[str, str]:
    found = {}
    for agent, session in tx.execute("SELECT agent, session_id FROM sessions"):
        folder = state / "agents" / agent / "sessions"
        if (folder / f"{session}.jsonl").exists():
            continue
        for path in sorted(folder.glob(f"{session}.jsonl.*")):
            if path.name.split(".jsonl.")[1].startswith(("reset", "deleted")):
                place = f"state/agents/{agent}/sessions"
                found[f"{place}/{path.name}"] = f"{place}/{session}.jsonl"
    return found


def _is_conversation(name: str) -> bool:
    parts = name.split("/")
    return parts[:2] == ["state", "agents"] and parts[3:4] == ["sessions"]


# -- filling ------------------------------------------------------------------------------------------------


def _fill(writer: Writer, premises: Premises, wish: Wish, taken: _Taken, now: int) -> None:
    readable_from = versions.readable_from(STEPS[: taken.version])
    writer.begin(
        Head(
            iso(now),
            __version__,
            platform.node(),
            taken.version,
            readable_from,
            wish.with_secrets,
            wish.with_media,
        )
    )
    left_out = [f"{path} (a link)" for path in links(premises)]
    keys, unread = _add_config(writer, premises, wish)
    left_out += unread
    if taken.path is not None:
        writer.add_file(LEDGER, taken.path)
    for item, kind in walk(premises):
        if why := _reason(item, kind, wish):
            left_out += [f"{item.path} ({why})"] if kind != "derived" else []
        elif not _add(writer, item, taken):
            left_out.append(f"{item.path} (it went while it was to be read)")
    places = {agent: str(place) for agent, place in premises.workspaces.items()}
    writer.end(Manifest(writer.files, tuple(left_out), keys, places))


def _reason(item: Item, kind: Kind, wish: Wish) -> str:
    """Why a file is not in the backup; empty: it is."""
    if kind == "derived":
        return "made anew"
    if not is_harmless(item.name):
        return "its name is not one for every system"
    if kind == "media" and not wish.with_media:
        return "media"
    if kind in ("secret", "unknown") and not wish.with_secrets:
        return "secret" if kind == "secret" else "nothing we know: --with-secrets takes it"
    return ""


def _add(writer: Writer, item: Item, taken: _Taken) -> bool:
    try:
        mode = 0o600 | (item.path.stat().st_mode & 0o100)
        if item.name in taken.sessions:
            writer.add(item.name, taken.sessions[item.name], mode)
        elif item.path.name.endswith(_WHOLE_LINES) or item.name in taken.names:
            _add_lines(writer, item, taken, mode)
        elif _is_conversation(item.name) and item.path.name == "sessions.json":
            pass  # it was not there before the ledger was copied
        else:
            writer.add_file(item.name, item.path, mode)
    except FileNotFoundError:
        return False
    return True


def _add_lines(writer: Writer, item: Item, taken: _Taken, mode: int) -> None:
    data = item.path.read_bytes()
    name = taken.names.get(item.name, item.name)
    if _is_conversation(item.name):
        data = data[: agreed(data, taken.sure.get(name, 0), taken.moment)]
    elif len(data) < _IN_MEMORY:
        data = data[: whole_lines(data)]
    writer.add(name, data, mode)


def _add_config(writer: Writer, premises: Premises, wish: Wish) -> tuple[tuple[str, ...], list[str]]:
    """Keys whose secrets are not in it, and why the whole is not."""
    try:
        data = premises.config.read_bytes()
    except FileNotFoundError:
        return (), []
    if wish.with_secrets:
        writer.add(CONFIG, data)
        return (), []
    try:
        text, keys = without_secrets(data.decode(), wish.known_secrets)
    except (UnreadableError, UnicodeDecodeError) as error:
        return (), [f"{premises.config} (its secrets cannot be told from the rest: {error})"]
    writer.add(CONFIG, text.encode())
    return keys, []
