"""A backup takes the place of what is there. Blocks.

Nothing is deleted: what was there lies in one folder afterwards. What the present house must not forget goes into the
restored one: secrets that the backup lacks, which messages came since, and who wants none.
"""

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from openclaw.files import sync_folder
from openclaw.ops.backup.archive import BackupError
from openclaw.ops.backup.contents import KEPT, Premises, walk
from openclaw.ops.backup.creating import CONFIG
from openclaw.ops.backup.moves import Move, carry_out, finish
from openclaw.ops.backup.plaintext import at_home, with_secrets_of
from openclaw.ops.backup.shelf import private
from openclaw.ops.backup.verifying import LEDGER, Verified, unpack
from openclaw.ops.ledger.reconciling import Past, Settled, carry_over, reconcile
from openclaw.ops.state_lock import AlreadyRunningError, StateLock
from openclaw.settings.file import UnreadableError
from openclaw.store import copies
from openclaw.store.copies import CopyError, stamp
from openclaw.store.migrations import STEPS
from openclaw.types.clock import parse_iso

SECRETS = "credentials/secrets.json"
Workspaces = Callable[[bytes], Mapping[str, Path]]
"""From the config's text: where each agent's workspace lies."""


@dataclass(frozen=True, slots=True)
class Restored:
    aside: Path
    """Everything that was there."""
    missing_keys: tuple[str, ...] = ()
    """Secrets of the config that neither the backup nor the present config has."""
    settled: Settled = field(default_factory=Settled)
    moved_workspaces: tuple[str, ...] = ()
    """Agents whose workspace is in the state directory now, since it is not clear where it belongs."""


@dataclass(slots=True)
class _Work:
    premises: Premises
    staging: Path
    aside: Path
    now: int
    moves: list[Move] = field(default_factory=list)
    missing: tuple[str, ...] = ()
    settled: Settled = field(default_factory=Settled)
    homeless: list[str] = field(default_factory=list)

    def put(self, staged: Path | None, target: Path) -> None:
        """A rename does not reach another disk: what comes lies beside its place, and what goes too."""
        name, state = target.name, self.premises.state
        if target.parent == state:
            self.moves.append(Move(staged, target, self.aside / name))
        elif staged is not None:
            beside = target.with_name(f".{name}.{self.staging.name}")
            _copy(staged, beside)
            self.moves.append(Move(beside, target, target.with_name(f"{name}.{self.aside.name}")))

    def carry_out(self) -> None:
        _refuse_mounts(self.moves)
        carry_out(self.premises.state, self.moves, self.staging)

    def restored(self) -> Restored:
        return Restored(self.aside, self.missing, self.settled, tuple(self.homeless))


def restore(verified: Verified, premises: Premises, workspaces: Workspaces, now: int) -> Restored:
    """Raises BackupError; then everything is as it was."""
    with _holding(premises, now) as work:
        _refuse_no_room(verified, premises)
        unpacked = work.staging / "unpacked"
        unpack(verified.path, unpacked)
        _set_modes(verified, unpacked)
        _references(work, unpacked)
        _config(work, unpacked)
        _state(work, unpacked, verified)
        _workspaces(work, unpacked, workspaces)
        if (unpacked / LEDGER).exists():
            past = Past(unpacked / LEDGER, parse_iso(verified.head.created_at), with_files=True)
            _ledger(work, past)
        work.carry_out()
        return work.restored()


def restore_ledger(copy: Path, premises: Premises, now: int) -> Restored:
    """The ledger alone, from one of the daemon's own copies; all other files stay. Raises BackupError."""
    with _holding(premises, now) as work:
        staged = work.staging / "ledger.sqlite"
        try:
            if (version := copies.version_of(copy)) > len(STEPS):
                raise BackupError(
                    f"{copy} is of a newer openclaw (version {version}): upgrade, then try again"
                )
            with copies.reading(copy) as source:
                copies.write(source, staged)
        except CopyError as error:
            raise BackupError(f"{copy} cannot be used: {error}") from error
        taken = next((each.at for each in copies.listed(copy.parent) if each.path == copy), None)
        at = parse_iso(copies.iso_of(taken)) if taken else copy.stat().st_mtime_ns // 1_000_000
        _ledger(work, Past(staged, at))
        work.carry_out()
        return work.restored()


@contextmanager
def _holding(premises: Premises, now: int) -> Iterator[_Work]:
    state = premises.state
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with private(), StateLock(state):
            finish(state)
            work = _Work(
                premises,
                state / f".restoring-{stamp(now)}",
                _unused(state / f"before-restore-{stamp(now)}"),
                now,
            )
            for left in state.glob(".restoring-*"):  # by one that was killed before it changed anything
                shutil.rmtree(left, ignore_errors=True)
            work.staging.mkdir(mode=0o700)
            try:
                yield work
            except BaseException:
                if not (state / "restore.json").exists():
                    shutil.rmtree(work.staging, ignore_errors=True)
                raise
    except AlreadyRunningError as error:
        raise BackupError(f"stop the assistant first, a running one is not replaced: {error}") from error
    except OSError as error:
        raise BackupError(f"it cannot be restored: {error.strerror or error} ({error.filename})") from error


def _unused(path: Path) -> Path:
    number, found = 2, path
    while found.exists():
        found, number = path.with_name(f"{path.name}-{number}"), number + 1
    return found


def _refuse_no_room(verified: Verified, premises: Premises) -> None:
    free = shutil.disk_usage(premises.state).free
    if verified.size + (16 << 20) > free:
        raise BackupError(
            f"it needs {verified.size >> 20} MB on the disk of {premises.state}, and {free >> 20} MB are free"
        )


def _copy(source: Path, beside: Path) -> None:
    beside.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.rmtree(beside, ignore_errors=True)
        shutil.copytree(source, beside)
    else:
        shutil.copy2(source, beside)


def _refuse_mounts(moves: Sequence[Move]) -> None:
    """Before the first of them: what cannot be renamed would keep the others half done."""
    for each in moves:
        if each.target.exists() and each.target.stat().st_dev != each.target.parent.stat().st_dev:
            raise BackupError(
                f"{each.target} is a file system of its own and cannot be put aside: unmount it, restore, then copy"
                " what belongs there"
            )


def _set_modes(verified: Verified, unpacked: Path) -> None:
    """Scripts stay scripts; nothing is for others to read."""
    for name, file in verified.manifest.files.items():
        if file.mode & 0o100:
            (unpacked / name).chmod(0o700)


def _references(work: _Work, unpacked: Path) -> None:
    """The house may have had another place, or another owner, when it was backed up."""
    ours = work.premises.state / SECRETS
    comes = ours.exists() or (unpacked / "state" / SECRETS).exists()
    profiles = unpacked.glob("state/agents/*/agent/auth-profiles.json")
    for file in filter(Path.exists, (unpacked / CONFIG, *profiles)):
        before = file.read_text()
        after = at_home(before, ours, lambda path: comes or not path.exists())
        if after != before:
            file.write_text(after)


def _config(work: _Work, unpacked: Path) -> None:
    staged = unpacked / CONFIG
    if not staged.exists():
        return
    config = work.premises.config
    present = config.read_text(errors="replace") if config.exists() else "{}"
    try:
        text, work.missing = with_secrets_of(staged.read_text(), present)
    except UnreadableError as error:
        raise BackupError(f"the config in it cannot be read: {error}") from error
    staged.write_text(text)
    work.put(staged, config)


def _state(work: _Work, unpacked: Path, verified: Verified) -> None:
    """Each entry of the state directory as a whole: with the secrets that the backup does not have."""
    state = work.premises.state
    there = {path.name for path in state.iterdir()} if state.exists() else set()
    inside = {name.split("/")[1] for name in verified.manifest.files if name.startswith("state/")}
    covered = inside | {name for name in there if name in KEPT or name.startswith("workspace-")}
    for item, kind in walk(work.premises):
        root, _, below = item.name.partition("/")
        staged = unpacked / item.name
        if root == "state" and kind == "secret" and below.split("/")[0] in covered and not staged.exists():
            staged.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            shutil.copy2(item.path, staged)
    for name in sorted(covered):
        staged = unpacked / "state" / name
        if staged.exists() or (name in there and not (state / name).is_symlink()):
            work.put(staged if staged.exists() else None, state / name)


def _workspaces(work: _Work, unpacked: Path, places: Workspaces) -> None:
    root = unpacked / "workspaces"
    if not root.is_dir():
        return
    config = unpacked / CONFIG
    known = {**places(config.read_bytes() if config.exists() else b"{}"), **work.premises.workspaces}
    state = work.premises.state
    for staged in sorted(root.iterdir()):
        target = known.get(staged.name)
        if target is None:
            work.homeless.append(staged.name)
            target = state / f"workspace-{staged.name}"
        _keep_environment(target, staged)
        work.put(staged, target)


def _keep_environment(target: Path, staged: Path) -> None:
    for path in target.glob("**/.env*") if target.is_dir() else ():
        into = staged / path.relative_to(target)
        if path.is_file() and not path.is_symlink() and not into.exists():
            into.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            shutil.copy2(path, into)


def _ledger(work: _Work, past: Past) -> None:
    ledger = work.premises.ledger
    # One that cannot be read tells nothing; its files still do.
    with suppress(CopyError):
        carry_over(past.ledger, ledger, work.now)
    work.settled = reconcile(past, work.premises.state, work.now)
    sync_folder(past.ledger.parent)
    for each in copies.beside(ledger):
        # First: SQLite would write the old ledger's log into the new one.
        work.put(None, each)
    work.put(past.ledger, ledger)
