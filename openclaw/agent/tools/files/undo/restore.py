"""Takes back the file changes of a turn. Everything here blocks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from openclaw.agent.tools.base import ToolError
from openclaw.agent.tools.files.door import Beneath
from openclaw.agent.tools.files.place import WorkspacePath
from openclaw.agent.tools.files.undo.journal import UndoJournal, version_on_disk
from openclaw.agent.tools.files.undo.objects import LostObjectError
from openclaw.agent.tools.files.undo.records import FileRecord, Named, TurnRecord, same

Outcome = Literal["restored", "removed", "unchanged", "conflict", "not kept", "failed"]
FINAL: frozenset[Outcome] = frozenset({"restored", "removed", "unchanged", "not kept"})


@dataclass(frozen=True, slots=True)
class Undone:
    path: str
    outcome: Outcome
    detail: str = ""


@dataclass(frozen=True, slots=True)
class UndoneTurn:
    run_id: str
    session_key: str
    at: int
    files: tuple[Undone, ...]


def undo_last(
    journal: UndoJournal, session_key: str | None = None, *, force: bool = False, dry_run: bool = False
) -> UndoneTurn | None:
    """The last turn (of a session) that has changed files and was not undone; None when there is none.

    A file that somebody has changed since is left as it is, unless `force`: then also that of a turn undone just now.
    """
    with journal.locked():
        turn = _chosen(journal.turns(), session_key, force=force)
        if turn is None:
            return None
        wanted = turn.left if turn.undone else tuple(turn.files)
        undone = [
            (file, _Restoring(journal, file, turn.files[file], force).outcome(dry_run=dry_run))
            for file in reversed(wanted)
        ]
        if not dry_run:
            journal.mark_undone(turn, tuple(file for file, each in undone if each.outcome not in FINAL))
    return UndoneTurn(turn.run_id, turn.session_key, turn.at, tuple(each for _, each in undone))


def _chosen(turns: Sequence[TurnRecord], session_key: str | None, *, force: bool) -> TurnRecord | None:
    for turn in reversed(turns):
        if session_key is not None and turn.session_key != session_key:
            continue
        if turn.files and (not turn.undone or (force and turn.left)):
            return turn
    return None


@dataclass(frozen=True, slots=True)
class _Restoring:
    journal: UndoJournal
    file: Named
    record: FileRecord
    force: bool

    def outcome(self, *, dry_run: bool) -> Undone:
        root = Path("/") if self.file.outside else self.journal.workspace
        path, door = WorkspacePath(root, self.file.parts, self.file.outside), Beneath(root)
        try:
            return Undone(str(path), *self._restored(door, path, dry_run=dry_run))
        except (ToolError, LostObjectError) as error:
            return Undone(str(path), "failed", str(error))

    def _restored(self, door: Beneath, path: WorkspacePath, *, dry_run: bool) -> tuple[Outcome, str]:
        was, now = self.record.was, version_on_disk(door, path)
        if same(was, now):
            return "unchanged", "it is as it was"
        if was is not None and not was.kept:
            return "not kept", f"its old content was too large to keep ({was.size:,} bytes)"
        if not self.force and not any(same(each, now) for each in self.record.made):
            return "conflict", "it was changed since by somebody else"
        if was is None:
            if not dry_run:
                self._remove(door, path)
                self.journal.origins.returned(path)
            return "removed", "it was not there before"
        data = self.journal.objects.get(was.sha256)
        if not dry_run:
            with door.leaf(path, make=True, alone=True) as leaf:
                leaf.replace(data, was.mode)
            self.journal.origins.returned(path, was.sha256)
        return "restored", ""

    def _remove(self, door: Beneath, path: WorkspacePath) -> None:
        with door.leaf(path, alone=True) as leaf:
            leaf.remove()
        door.remove_empty_folders(path, self.record.new_folders)


def told(turn: UndoneTurn | None, *, dry_run: bool = False) -> str:
    """For the owner."""
    if turn is None:
        return "There is nothing to undo: no turn has changed a file."
    return "\n".join(_lines(turn, dry_run=dry_run))


def _lines(turn: UndoneTurn, *, dry_run: bool) -> Iterator[str]:
    done = [each for each in turn.files if each.outcome in {"restored", "removed"}]
    would = "would be" if dry_run else "was" if len(done) == 1 else "were"
    changed = [each for each in turn.files if each.outcome != "unchanged"]
    yield f"{len(done)} of {len(changed)} changed {'file' if len(changed) == 1 else 'files'} {would} taken back."
    for each in changed:
        yield f"- {each.path}: {each.outcome}" + (f" ({each.detail})" if each.detail else "")
    if any(each.outcome == "conflict" for each in turn.files):
        yield "What somebody else has changed was left as it is; `/undo force` takes that back, too."
